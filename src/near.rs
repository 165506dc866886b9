//! "Did you mean": the nearest of some names.

/// The nearest of `names` to `name`, where it is near enough to be a slip: at most one letter in three differs, and at
/// least one stays. Names of more than 64 letters are nobody's slip, and comparing them would be work.
///
/// ```
/// assert_eq!(entitle::near::nearest("hukuo", ["hukou", "home"]), Some("hukou"));
/// assert_eq!(entitle::near::nearest("size", ["hukou", "home"]), None);
/// ```
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A letter has at most four bytes.
    if name.len() > 4 * LONGEST {
        return None;
    }
    let length = name.chars().count();
    let limit = if length <= 2 { 1 } else { length.div_ceil(3) };
    names
        .into_iter()
        .filter(|other| other.len() <= 4 * LONGEST)
        .map(|other| (distance(name, other, limit), other))
        .filter(|(d, other)| *d <= limit && *d < length.max(other.chars().count()))
        .min()
        .map(|(_, other)| other)
}

/// The longest name that is compared, in letters.
const LONGEST: usize = 64;

/// How many letters have to be put in, taken out, exchanged or swapped with a neighbour; more than `limit` once it is
/// clear that it is more.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&row, j) + usize::from(x != y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}
