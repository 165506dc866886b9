//! Mutations without a compiler's help: bytes and lines are changed, doubled, cut, swapped, and words put in. It finds less than a fuzzer
//! that sees coverage, but it runs everywhere, and the same seed gives the same inputs.

use crate::generate::Dice;

/// The longest input that is made.
const LONGEST: usize = 8 << 10;

/// A new input from old ones.
pub fn mutate(seeds: &[Vec<u8>], words: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = pick(seeds, dice).clone();
    bytes.truncate(LONGEST);
    for _ in 0..=dice.below(6) {
        change(&mut bytes, seeds, words, dice);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn pick<'a>(all: &'a [Vec<u8>], dice: &mut Dice) -> &'a Vec<u8> {
    &all[dice.below(all.len() as u64) as usize]
}

fn place(bytes: &[u8], dice: &mut Dice) -> usize {
    dice.below(bytes.len() as u64 + 1) as usize
}

/// A piece of the bytes: a few of them, a line, or from one bracket to another.
fn piece(bytes: &[u8], dice: &mut Dice) -> (usize, usize) {
    let start = place(bytes, dice);
    let end = match dice.below(3) {
        0 => start + dice.below(8) as usize,
        1 => bytes[start..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| start + n + 1),
        _ => start + dice.below(200) as usize,
    };
    (start, end.min(bytes.len()))
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[Vec<u8>], dice: &mut Dice) {
    let (start, end) = piece(bytes, dice);
    match dice.below(9) {
        0 => drop(bytes.drain(start..end)),
        1 => {
            let copy = bytes[start..end].repeat(1 + dice.below(3) as usize);
            let at = place(bytes, dice);
            bytes.splice(at..at, copy);
        }
        2 if start < bytes.len() => bytes[start] = dice.below(256) as u8,
        3 if start < bytes.len() => bytes[start] ^= 1 << dice.below(8),
        4 => {
            let other = pick(seeds, dice);
            let (from, to) = piece(other, dice);
            bytes.splice(start..end, other[from..to].iter().copied());
        }
        5 => {
            let digits = [0, 1, 9, 10, 255, 1000, 9999, u64::MAX, i64::MAX as u64, 100_000_000_000];
            let number = digits[dice.below(digits.len() as u64) as usize].to_string();
            bytes.splice(start..start, number.bytes());
        }
        6 => {
            // One line twice, or two lines in each other's place.
            let line = bytes[start..end].to_vec();
            bytes.extend(line);
        }
        _ if !words.is_empty() => {
            let word = pick(words, dice).clone();
            let to = if dice.below(2) == 0 { start } else { end };
            bytes.splice(start..to, word);
        }
        _ => bytes.insert(start, dice.below(256) as u8),
    }
}
