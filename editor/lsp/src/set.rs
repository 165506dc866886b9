//! The files of a workspace and the policy sets they make.

use entitle::ast::{File, from_text::parse};
use entitle::checked::{Model, from_ast::check};
use entitle::diagnostic::{Diagnostic, Level};
use entitle::span::{FileId, Sources};
use lsp_types::Uri;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::str::FromStr as _;

/// The most files that may be open at once, and that one set may have.
const FILES: usize = 4_096;

/// The most entries of folders that are looked at for one set.
const ENTRIES: usize = 1 << 16;

/// How deep folders are searched.
const DEPTH: usize = 16;

/// A policy set as it is now, with what is typed and not saved.
pub(crate) struct Set {
    /// Texts, each named by its URI.
    pub(crate) sources: Sources,
    /// The same files, read.
    pub(crate) files: Vec<File>,
    /// What they mean, as far as they can be understood.
    pub(crate) model: Model,
    /// All findings.
    pub(crate) findings: Vec<Diagnostic>,
}

impl Set {
    /// The file of a URI.
    pub(crate) fn file(&self, uri: &str) -> Option<FileId> {
        self.sources.iter().find(|(_, s)| s.name == uri).map(|(id, _)| id)
    }

    /// Whether some line cannot be read.
    pub(crate) fn unreadable(&self) -> bool {
        self.findings.iter().any(|f| f.level == Level::Error && f.code.id.starts_with("E0"))
    }
}

/// Everything the server knows of files.
pub(crate) struct Workspace {
    root: Option<PathBuf>,
    open: BTreeMap<String, String>,
    /// Files as they were read last, by URI: text and tree. A file is read again only when its text changed.
    read: BTreeMap<String, (String, File, Vec<Diagnostic>)>,
    /// Sets by their folder.
    sets: BTreeMap<PathBuf, Rc<Set>>,
}

impl Workspace {
    pub(crate) fn new(root: Option<&Uri>) -> Self {
        let root = root.and_then(|uri| path_of(uri.as_str()));
        Self { root, open: BTreeMap::new(), read: BTreeMap::new(), sets: BTreeMap::new() }
    }

    /// Takes in the text of an open file.
    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        if self.open.len() >= FILES && !self.open.contains_key(uri) {
            return;
        }
        self.open.insert(uri.to_owned(), text.to_owned());
        self.sets.clear();
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.open.remove(uri);
        self.sets.clear();
    }

    /// Forgets what was read from disk.
    pub(crate) fn forget(&mut self) {
        self.sets.clear();
    }

    /// The open files.
    pub(crate) fn opened(&self) -> Vec<String> {
        self.open.keys().cloned().collect()
    }

    /// The set that a file belongs to, read now where something changed.
    pub(crate) fn set_of(&mut self, uri: &str) -> Option<Rc<Set>> {
        let path = path_of(uri);
        let folder = path.as_deref().map_or_else(|| PathBuf::from(uri), |p| self.folder(p));
        if let Some(set) = self.sets.get(&folder) {
            return Some(Rc::clone(set));
        }
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        if path.is_some() {
            let mut found = Vec::new();
            // A file outside the workspace is read with those beside it; what stands below may be a whole disk.
            let inside = self.root.as_deref().is_some_and(|root| folder.starts_with(root));
            let mut left = ENTRIES;
            collect(&folder, &mut found, if inside { 0 } else { DEPTH }, &mut left);
            // Clients write the same URI in different ways, so open files are known by their paths.
            let open: BTreeSet<PathBuf> = self.open.keys().filter_map(|uri| path_of(uri)).collect();
            for file in found.into_iter().filter(|f| !open.contains(f)) {
                if let Ok(text) = std::fs::read_to_string(&file) {
                    texts.insert(uri_of(&file), text);
                }
            }
        }
        for (name, text) in &self.open {
            let belongs = name == uri || path_of(name).is_some_and(|p| p.starts_with(&folder));
            if belongs {
                texts.insert(name.clone(), text.clone());
            }
        }
        let set = Rc::new(self.read(texts));
        self.sets.insert(folder, Rc::clone(&set));
        Some(set)
    }

    fn read(&mut self, texts: BTreeMap<String, String>) -> Set {
        let (mut sources, mut files, mut findings) = (Sources::default(), Vec::new(), Vec::new());
        let mut kept = BTreeMap::new();
        for (name, text) in texts {
            let id = sources.add(name.clone(), text.clone());
            // Spans name their file by number, so a tree is used again only at the same place.
            let same = |(old, file, _): &(String, File, Vec<Diagnostic>)| *old == text && numbered(file) == Some(id);
            let (file, found) = match self.read.remove(&name).filter(same) {
                Some((_, file, found)) => (file, found),
                None => parse(id, &text),
            };
            findings.extend(found.iter().cloned());
            kept.insert(name, (text, file.clone(), found));
            files.push(file);
        }
        self.read = kept;
        let unreadable = findings.iter().any(|f| f.level == Level::Error);
        let (model, found) = check(&files);
        // A line that could not be read hides what it declares.
        let follows = [entitle::checked::error::UNKNOWN_NAME, entitle::checked::error::SCENARIO];
        findings.extend(found.into_iter().filter(|f| !(unreadable && follows.contains(&f.code))));
        findings.sort_by_key(|f| (f.span, f.code.id));
        Set { sources, files, model, findings }
    }

    /// The folder of the set: the topmost one, within the workspace, that holds a policy file itself.
    fn folder(&self, file: &Path) -> PathBuf {
        let own = file.parent().unwrap_or(file);
        let mut best = own;
        for folder in own.ancestors().take(DEPTH) {
            if self.root.as_deref().is_some_and(|root| !folder.starts_with(root)) {
                break;
            }
            if holds_policy(folder) {
                best = folder;
            }
            if self.root.is_none() {
                break;
            }
        }
        best.to_owned()
    }
}

/// The file that the spans of a tree name; none of an empty one.
fn numbered(file: &File) -> Option<FileId> {
    let mut found = None;
    entitle::ast::names::names(file, &mut |mention| found = found.or(Some(mention.span.file)));
    found
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "policy")
}

fn holds_policy(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.take(FILES).filter_map(Result::ok).any(|e| is_policy(&e.path()))
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>, depth: usize, left: &mut usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.take(*left).filter_map(Result::ok).map(|e| e.path()).collect();
    *left = left.saturating_sub(paths.len());
    paths.sort();
    for path in paths {
        if into.len() >= FILES {
            return;
        }
        if path.is_dir() {
            if depth < DEPTH && !path.is_symlink() {
                collect(&path, into, depth.saturating_add(1), left);
            }
        } else if is_policy(&path) {
            into.push(path);
        }
    }
}

/// The path of a `file:` URI.
pub(crate) fn path_of(uri: &str) -> Option<PathBuf> {
    let uri = Uri::from_str(uri).ok()?;
    if !uri.scheme()?.as_str().eq_ignore_ascii_case("file") {
        return None;
    }
    let path = uri.path().as_estr().decode().into_string().ok()?;
    // On Windows the path of `file:///c:/x` begins with a stroke that is not part of it.
    let path = if cfg!(windows) { path.trim_start_matches('/').to_owned() } else { path.into_owned() };
    Some(PathBuf::from(path))
}

/// The URI of a path, as clients write it: everything but letters, digits and a few signs in per cent.
pub(crate) fn uri_of(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    let text = path.to_string_lossy().replace('\\', "/");
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}
