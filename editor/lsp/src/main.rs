//! A language server for entitle policies, over standard input and output.
//!
//! It keeps the text of open files beside what is on disk, reads the whole policy set that a file belongs to again after
//! each change, and answers from that. Findings come as one types; nothing waits for a save.

mod answers;
mod position;
mod set;
mod transport;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::{
    CompletionOptions, Diagnostic, DiagnosticSeverity, HoverProviderCapability, InitializeParams, NumberOrString,
    OneOf, PositionEncodingKind, PublishDiagnosticsParams, RenameOptions, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use position::Encoding;
use serde_json::{Value, json};
use set::Workspace;
use std::collections::BTreeSet;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("entitle-lsp {}", env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    let (server, client) = Connection::memory();
    let reader = transport::start(client);
    let ended_well = serve(&server);
    drop(server);
    match (ended_well, reader.join()) {
        (true, Ok(())) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Answers until `exit`. Whether the client said goodbye as it should.
fn serve(connection: &Connection) -> bool {
    let Ok((id, params)) = connection.initialize_start() else { return false };
    let params: InitializeParams = match serde_json::from_value(params) {
        Ok(params) => params,
        Err(error) => {
            let _ = connection
                .sender
                .send(Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string()).into());
            return false;
        }
    };
    let offered = params.capabilities.general.and_then(|g| g.position_encodings).unwrap_or_default();
    let encoding = if offered.contains(&PositionEncodingKind::UTF8) { Encoding::Utf8 } else { Encoding::Utf16 };
    let capabilities = ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: lsp_types::WorkDoneProgressOptions::default(),
        })),
        completion_provider: Some(CompletionOptions::default()),
        ..ServerCapabilities::default()
    };
    let about = json!({ "capabilities": capabilities, "serverInfo": { "name": "entitle-lsp", "version": env!("CARGO_PKG_VERSION") } });
    if connection.initialize_finish(id, about).is_err() {
        return false;
    }
    #[expect(deprecated, reason = "older clients send only this one")]
    let root = params.workspace_folders.and_then(|f| f.into_iter().next()).map(|f| f.uri).or(params.root_uri);
    let mut server = Server { connection, workspace: Workspace::new(root.as_ref()), encoding, shown: BTreeSet::new() };
    let mut stale: BTreeSet<String> = BTreeSet::new();
    loop {
        // Whoever types fast sends many changes: all that are there are taken before the set is read again.
        let message = if stale.is_empty() {
            connection.receiver.recv().ok()
        } else {
            match connection.receiver.try_recv() {
                Ok(message) => Some(message),
                Err(_) => {
                    for uri in std::mem::take(&mut stale) {
                        server.publish(&uri);
                    }
                    continue;
                }
            }
        };
        let Some(message) = message else { return false };
        match message {
            Message::Request(request) => {
                match connection.handle_shutdown(&request) {
                    Ok(true) => return true,
                    Ok(false) => {}
                    Err(_) => return false,
                }
                let response = server.answer(request);
                if connection.sender.send(response.into()).is_err() {
                    return false;
                }
            }
            Message::Notification(notification) => {
                if notification.method == "exit" {
                    return false;
                }
                stale.extend(server.note(notification));
            }
            Message::Response(_) => {}
        }
    }
}

struct Server<'a> {
    connection: &'a Connection,
    workspace: Workspace,
    encoding: Encoding,
    /// Files that show findings now, so that these can be taken away.
    shown: BTreeSet<String>,
}

impl Server<'_> {
    fn answer(&mut self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let found = match method.as_str() {
            "textDocument/hover" => answers::hover(&mut self.workspace, &params, self.encoding),
            "textDocument/definition" => answers::definition(&mut self.workspace, &params, self.encoding),
            "textDocument/references" => answers::references(&mut self.workspace, &params, self.encoding),
            "textDocument/completion" => answers::completion(&mut self.workspace, &params, self.encoding),
            "textDocument/prepareRename" => answers::prepare_rename(&mut self.workspace, &params, self.encoding),
            "textDocument/rename" => answers::rename(&mut self.workspace, &params, self.encoding),
            "textDocument/formatting" => answers::formatting(&mut self.workspace, &params, self.encoding),
            _ => {
                let message = format!("`{method}` is not something this server does");
                return Response::new_err(id, ErrorCode::MethodNotFound as i32, message);
            }
        };
        match found {
            Ok(value) => Response::new_ok(id, value),
            Err(message) => Response::new_err(id, ErrorCode::InvalidParams as i32, message),
        }
    }

    /// Takes in a notification; the files whose sets are to be read again.
    fn note(&mut self, notification: Notification) -> Vec<String> {
        let Notification { method, params } = notification;
        let uri = || params.pointer("/textDocument/uri").and_then(Value::as_str).map(str::to_owned);
        let text = |at: &str| params.pointer(at).and_then(Value::as_str);
        match method.as_str() {
            "textDocument/didOpen" => {
                if let (Some(uri), Some(text)) = (uri(), text("/textDocument/text")) {
                    self.workspace.open(&uri, text);
                    return vec![uri];
                }
            }
            "textDocument/didChange" => {
                // Whole texts only, as the server asked for; the last one counts.
                let changes = params.pointer("/contentChanges").and_then(Value::as_array);
                let last = changes.and_then(|c| c.last()).and_then(|c| c.get("text")).and_then(Value::as_str);
                if let (Some(uri), Some(text)) = (uri(), last) {
                    self.workspace.open(&uri, text);
                    return vec![uri];
                }
            }
            "textDocument/didClose" => {
                if let Some(uri) = uri() {
                    self.workspace.close(&uri);
                    return vec![uri];
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.workspace.forget();
                return self.workspace.opened();
            }
            _ => {}
        }
        Vec::new()
    }

    /// Sends the findings of the set that a file belongs to, and takes away those that are gone.
    fn publish(&mut self, uri: &str) {
        let encoding = self.encoding;
        let Some(set) = self.workspace.set_of(uri) else { return };
        let mut messages: Vec<(String, Vec<Diagnostic>)> = Vec::new();
        for (id, source) in set.sources.iter() {
            let found: Vec<Diagnostic> = set
                .findings
                .iter()
                .filter(|f| f.span.file == id)
                .map(|f| Diagnostic {
                    range: position::range(&source.text, f.span, encoding),
                    severity: Some(match f.level {
                        entitle::diagnostic::Level::Error => DiagnosticSeverity::ERROR,
                        entitle::diagnostic::Level::Warning => DiagnosticSeverity::WARNING,
                    }),
                    code: Some(NumberOrString::String(f.code.id.to_owned())),
                    source: Some("entitle".to_owned()),
                    message: answers::message(f),
                    ..Diagnostic::default()
                })
                .collect();
            messages.push((source.name.clone(), found));
        }
        for (name, diagnostics) in messages {
            let had = if diagnostics.is_empty() { self.shown.remove(&name) } else { !self.shown.insert(name.clone()) };
            if diagnostics.is_empty() && !had {
                continue;
            }
            let Ok(uri) = name.parse::<Uri>() else { continue };
            let params = PublishDiagnosticsParams { uri, diagnostics, version: None };
            let message = Notification::new("textDocument/publishDiagnostics".to_owned(), params);
            let _ = self.connection.sender.send(message.into());
        }
    }
}
