//! Messages on standard input and output, with bounds: a length that is promised is not believed, and what cannot be read
//! is answered or ends the server, never grows it.

use lsp_server::{Connection, ErrorCode, Message, Response};
use std::io::{BufRead, BufReader, Read, Write};
use std::thread::{self, JoinHandle};

/// The longest message. A whole policy file is at most a few hundred thousand bytes.
const LONGEST: usize = 8 << 20;

/// The longest header line, and how many there are.
const HEADER: u64 = 1024;
const HEADERS: usize = 16;

/// What was read.
enum Read1 {
    Message(Message),
    /// Well framed, and not a message.
    Nonsense(String),
    End,
}

/// Carries messages between the two ends until the client closes its end. The thread ends when everything was written.
pub(crate) fn start(client: Connection) -> JoinHandle<()> {
    let Connection { sender, receiver } = client;
    // The process ends with the server, so nobody waits for this one: it may be stuck reading.
    let _ = thread::spawn(move || {
        let mut input = BufReader::new(std::io::stdin());
        loop {
            match read(&mut input) {
                Ok(Read1::Message(message)) => {
                    let exit = matches!(&message, Message::Notification(n) if n.method == "exit");
                    if sender.send(message).is_err() || exit {
                        return;
                    }
                }
                Ok(Read1::Nonsense(error)) => {
                    // There is no id to answer to; the protocol has null for that, which the crate cannot say.
                    let id = lsp_server::RequestId::from(0);
                    let response = Response::new_err(id, ErrorCode::ParseError as i32, error);
                    let _ = write(&mut std::io::stdout().lock(), &response.into());
                }
                Ok(Read1::End) => return,
                Err(error) => {
                    eprintln!("entitle-lsp: {error}");
                    return;
                }
            }
        }
    });
    thread::spawn(move || {
        for message in receiver {
            if write(&mut std::io::stdout().lock(), &message).is_err() {
                return;
            }
        }
    })
}

fn read(input: &mut impl BufRead) -> std::io::Result<Read1> {
    let wrong = |message: String| std::io::Error::new(std::io::ErrorKind::InvalidData, message);
    let mut length = None;
    for count in 0.. {
        let mut line = Vec::new();
        input.by_ref().take(HEADER).read_until(b'\n', &mut line)?;
        if line.is_empty() && count == 0 {
            return Ok(Read1::End);
        }
        if line.last() != Some(&b'\n') || count > HEADERS {
            return Err(wrong("a header that does not end".to_owned()));
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length = length.ok_or_else(|| wrong("a message without `Content-Length`".to_owned()))?;
    if length > LONGEST {
        return Err(wrong(format!("a message of {length} bytes; at most {LONGEST} are read")));
    }
    // Memory grows with what arrives, not with what is promised.
    let mut body = Vec::new();
    input.by_ref().take(length as u64).read_to_end(&mut body)?;
    if body.len() < length {
        return Ok(Read1::End);
    }
    Ok(match serde_json::from_slice(&body) {
        Ok(message) => Read1::Message(message),
        Err(error) => Read1::Nonsense(error.to_string()),
    })
}

fn write(output: &mut impl Write, message: &Message) -> std::io::Result<()> {
    message.clone().write(output)?;
    output.flush()
}
