//! The C header against the code: every function with its parameters, every struct with its fields, every status and call with
//! its number, in both directions.

use crate::corpus::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A function: what it returns, and the type and name of each parameter.
type Function = (String, Vec<(String, String)>);

fn header() -> String {
    let text = fs::read_to_string(root().join("include/entitle.h")).unwrap();
    // Comments out, lines of the preprocessor out.
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("/*") {
        code.push_str(before);
        rest = after.split_once("*/").expect("a comment ends").1;
    }
    code.push_str(rest);
    code.lines().filter(|l| !l.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

fn rust() -> String {
    let mut names: Vec<_> =
        fs::read_dir(root().join("src/wire/c")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let texts = names.iter().map(|p| fs::read_to_string(p).unwrap());
    texts.collect::<Vec<_>>().join("\n")
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `const char *name` as its type and its name, the type without blanks before stars.
fn declared(text: &str) -> (String, String) {
    let text = squeeze(text);
    let at = text.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + 1);
    (text[..at].replace(' ', "").replace("const", "const "), text[at..].to_owned())
}

/// The plain types that the header's names stand for.
fn plain(c: &str) -> String {
    let names = [
        ("entitle_status", "int32_t"),
        ("entitle_field", "uint64_t"),
        ("entitle_policy", "uint64_t"),
        ("entitle_kind", "uint64_t"),
        ("entitle_value", "uint64_t"),
        ("entitle_record", "uint32_t"),
        ("entitle_verdict", "uint8_t"),
    ];
    let (before, name) = c.strip_prefix("const ").map_or(("", c), |rest| ("const ", rest));
    let stars = name.len() - name.trim_end_matches('*').len();
    let bare = &name[..name.len() - stars];
    let bare = names.iter().find(|(n, _)| *n == bare).map_or(bare, |(_, p)| p);
    format!("{before}{bare}{}", "*".repeat(stars))
}

fn functions_of_header(code: &str) -> BTreeMap<String, Function> {
    let mut found = BTreeMap::new();
    for statement in code.split(';') {
        let statement = squeeze(statement.rsplit(['{', '}']).next().unwrap());
        if statement.starts_with("typedef") || statement.contains("(*") || !statement.ends_with(')') {
            continue;
        }
        let (head, list) = statement.trim_end_matches(')').split_once('(').unwrap();
        let (returns, name) = declared(head);
        let parameters = match list.trim() {
            "void" => Vec::new(),
            list => list.split(',').map(declared).map(|(ty, name)| (plain(&ty), name)).collect(),
        };
        assert!(found.insert(name.clone(), (plain(&returns), parameters)).is_none(), "{name} stands twice");
    }
    found
}

/// The names in C of the types that Rust has for handles and structs.
fn names(code: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for piece in code.split("impl Kind for ").skip(1) {
        let name = piece.split("NAME: &'static str = \"").nth(1).unwrap().split('"').next().unwrap();
        names.insert(piece.split(' ').next().unwrap().to_owned(), name.to_owned());
    }
    for (name, body) in structs_of_rust(code, &BTreeMap::new()) {
        names.insert(body.0, name);
    }
    names.insert("Str".to_owned(), "entitle_str".to_owned());
    names
}

fn c_type(rust: &str, names: &BTreeMap<String, String>) -> String {
    let rust = rust.trim();
    if let Some(inner) = rust.strip_prefix("*mut ") {
        return format!("{}*", c_type(inner, names));
    }
    if let Some(inner) = rust.strip_prefix("*const ") {
        return format!("const {}*", c_type(inner, names));
    }
    if let Some(inner) = rust.strip_prefix("Handle<") {
        return names[inner.trim_end_matches('>')].clone();
    }
    let simple = match rust {
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "i32" => "int32_t",
        "u64" => "uint64_t",
        "i64" => "int64_t",
        "usize" => "size_t",
        "c_char" | "std::ffi::c_char" => "char",
        "c_void" => "void",
        "Option<Callback>" => "entitle_metrics",
        "FFI_ArrowArray" => "structArrowArray",
        "FFI_ArrowSchema" => "structArrowSchema",
        other => return names.get(other).unwrap_or_else(|| panic!("{other} has no type in C")).clone(),
    };
    simple.to_owned()
}

fn functions_of_rust(code: &str, names: &BTreeMap<String, String>) -> BTreeMap<String, Function> {
    let mut found = BTreeMap::new();
    for piece in code.split("#[unsafe(no_mangle)]").skip(1) {
        let (_, rest) = piece.split_once("extern \"C\" fn ").expect("what is exported is a C function");
        let (name, rest) = rest.split_once('(').unwrap();
        let (list, rest) = rest.split_once(')').unwrap();
        let returns = rest.split('{').next().unwrap().trim().strip_prefix("->").unwrap_or("").trim();
        let returns = if returns.is_empty() { "void".to_owned() } else { c_type(returns, names) };
        let parameters = list.split(',').map(str::trim).filter(|p| !p.is_empty()).map(|parameter| {
            let (name, ty) = parameter.split_once(':').unwrap();
            (c_type(ty, names), name.trim_end_matches('_').to_owned())
        });
        found.insert(name.to_owned(), (returns, parameters.collect()));
    }
    found
}

/// Structs that carry the name they have in C in their last line of documentation; those of the Arrow interface have another's names.
fn structs_of_rust(code: &str, names: &BTreeMap<String, String>) -> BTreeMap<String, (String, Vec<(String, String)>)> {
    let mut found = BTreeMap::new();
    for piece in code.split("#[repr(C)]\n").skip(1) {
        let (head, body) = piece.split_once('{').unwrap();
        let rust = head.trim().rsplit(' ').next().unwrap().to_owned();
        if rust.contains('<') {
            continue;
        }
        let before = &code[..code.find(&format!("struct {rust} {{")).unwrap()];
        let mut words = before.rsplit("/// ").next().unwrap().split('`');
        let Some(name) = words.find(|t| t.starts_with("entitle_")) else { continue };
        let fields = body.split('}').next().unwrap().split(',').map(str::trim).filter(|f| !f.is_empty());
        let fields = fields
            .map(|f| {
                let (name, ty) = f.trim_start_matches("pub(super) ").split_once(':').unwrap();
                let ty = if names.is_empty() { String::new() } else { c_type(ty, names) };
                (ty, name.to_owned())
            })
            .collect();
        found.insert(name.to_owned(), (rust, fields));
    }
    found
}

fn structs_of_header(code: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let mut found = BTreeMap::new();
    for piece in code.split("typedef struct ").skip(1) {
        let Some((name, body)) = piece.split_once('{').filter(|(name, _)| !name.contains(';')) else { continue };
        let fields = body.split('}').next().unwrap().split(';').map(str::trim).filter(|f| !f.is_empty());
        found.insert(name.trim().to_owned(), fields.map(declared).map(|(ty, n)| (plain(&ty), n)).collect());
    }
    found
}

/// The constants of the header.
fn constants(code: &str) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for piece in code.split("enum {").skip(1) {
        for line in piece.split('}').next().unwrap().split(',') {
            let (name, value) = line.split_once('=').unwrap();
            found.insert(name.trim().to_owned(), value.trim().parse().unwrap());
        }
    }
    found
}

/// The numbers of an enum in Rust, under the names that the header has for them.
fn numbers(code: &str, name: &str, prefix: &str) -> BTreeMap<String, i64> {
    let body = code.split(&format!("enum {name} {{")).nth(1).unwrap().split('}').next().unwrap();
    let lines = body.split(',').map(str::trim).filter(|l| !l.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            let mut upper = String::new();
            for (i, c) in name.trim().char_indices() {
                if c.is_uppercase() && i > 0 {
                    upper.push('_');
                }
                upper.push(c.to_ascii_uppercase());
            }
            (format!("{prefix}{upper}"), value.trim().parse().unwrap())
        })
        .collect()
}

#[test]
fn every_function_is_in_the_header_with_its_parameters() {
    let (c, rust) = (header(), rust());
    let (declared, defined) = (functions_of_header(&c), functions_of_rust(&rust, &names(&rust)));
    assert!(declared.len() > 50, "{}", declared.len());
    let missing: Vec<_> = defined.keys().filter(|n| !declared.contains_key(*n)).collect();
    assert!(missing.is_empty(), "not in the header: {missing:?}");
    for (name, function) in declared {
        assert!(name.starts_with("entitle_"), "{name} lacks the prefix");
        assert_eq!(Some(&function), defined.get(&name), "{name}: the header on the left, the code on the right");
    }
}

#[test]
fn every_struct_has_the_fields_of_the_header() {
    let (c, rust) = (header(), rust());
    let (declared, defined) = (structs_of_header(&c), structs_of_rust(&rust, &names(&rust)));
    let defined: BTreeMap<_, _> = defined.into_iter().map(|(name, (_, fields))| (name, fields)).collect();
    assert!(declared.len() >= 7, "{}", declared.len());
    assert_eq!(declared, defined);
}

#[test]
fn every_status_and_call_has_the_number_of_the_header() {
    let (constants, rust) = (constants(&header()), rust());
    for (name, number) in
        numbers(&rust, "Status", "ENTITLE_").into_iter().chain(numbers(&rust, "Call", "ENTITLE_CALL_"))
    {
        assert_eq!(constants.get(&name), Some(&number), "{name}");
    }
    let abi: i64 = rust.split("const ABI: u32 = ").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    let text = fs::read_to_string(root().join("include/entitle.h")).unwrap();
    assert!(text.contains(&format!("#define ENTITLE_ABI {abi}\n")));
}

#[test]
fn every_kind_of_handle_has_a_mark_of_its_own() {
    let rust = rust();
    let marks: Vec<&str> = rust.split("const MARK: u64 = ").skip(1).map(|p| p.split(';').next().unwrap()).collect();
    assert!(marks.len() >= 7);
    assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), marks.len(), "{marks:?}");
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    for line in rust().split("unsafe {").collect::<Vec<_>>().windows(2) {
        let before: Vec<&str> = line[0].lines().rev().take(5).collect();
        assert!(
            before.iter().any(|l| l.contains("SAFETY:")),
            "{}",
            before.into_iter().rev().collect::<Vec<_>>().join("\n")
        );
    }
}
