//! scratch
use entitle::{Engine, ids::PolicyId};
fn main() {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let (f, s) = Engine::findings_of(&paths).unwrap();
    for d in &f { println!("{}\n    {} | {}", d.line(&s), d.label, d.help.clone().unwrap_or_default()); }
    if let Ok(e) = Engine::open(&paths) {
        let (mut n, mut bad) = (0, 0);
        for (i, p) in e.model().policies.iter().enumerate() { for k in 0..p.scenarios.len() { n += 1;
            match e.run_scenario(PolicyId::of(i), k) { Ok(o) => if !o.problems.is_empty() { bad += 1; println!("{} {:?}: {:?}", p.name.id, p.scenarios[k].label, o.problems) }, Err(x) => { bad += 1; println!("{} {:?}: {x}", p.name.id, p.scenarios[k].label) } } } }
        println!("{n} scenarios, {bad} bad; {} policies", e.model().policies.iter().filter(|p| p.written).count());
    }
}
