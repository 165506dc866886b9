//! scratch
use entitle::{ast::{from_text::parse, print}, span::*};
fn main() {
    let mut s = Sources::default(); let mut files = vec![];
    for p in std::env::args().skip(1) { let t = std::fs::read_to_string(&p).unwrap(); let id = s.add(p, t.clone());
        let start = std::time::Instant::now(); let (f, d) = parse(id, &t); eprintln!("{} bytes {:?}", t.len(), start.elapsed());
        for d in &d { println!("{} | {} | {:?}", d.line(&s), d.label, d.help); } files.push(f); }
    let refs: Vec<_> = files.iter().collect(); let g = print::Glossary::collect(&refs);
    for f in &files { for su in [print::Surface::English, print::Surface::Chinese] { let a = print::print(f, su, &g); let (f2, d) = parse(FileId(99), &a);
        for d in &d { let mut s2=Sources::default(); s2.add("x", a.clone()); let mut d=d.clone(); d.span.file=FileId(0); println!("REPARSE {} {}", d.line(&s2), d.label); }
        let b = print::print(&f2, su, &g); if a != b { println!("NOT IDEMPOTENT"); std::fs::write("/tmp/t/a",&a).unwrap(); std::fs::write("/tmp/t/b",&b).unwrap(); } } }
    if std::env::var("SHOW").is_ok() { for f in &files { print!("{}", print::print(f, print::Surface::Chinese, &g)); } }
}
