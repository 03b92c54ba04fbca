//! The shape of a signature: how many parameters and of which types, without what they are called.

/// How a language writes a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `name: Type`
    Colon,
    /// `name Type`
    NameFirst,
    /// `Type name`
    TypeFirst,
    /// No types, or a form that is not known here.
    Untyped,
}

impl Order {
    fn of(grammar: &str) -> Self {
        match grammar {
            "rust" | "typescript" | "tsx" | "javascript" | "python" | "kotlin" | "swift" | "scala" => Self::Colon,
            "go" => Self::NameFirst,
            "java" | "c" | "cpp" | "csharp" | "c-sharp" | "c_sharp" | "php" => Self::TypeFirst,
            _ => Self::Untyped,
        }
    }
}

/// The signature of something called `name` with its parameters reduced to their types; `_` stands for what has none.
pub(super) fn of(signature: &str, name: &str, grammar: &str) -> String {
    let Some((open, close)) = parameters(signature, name) else {
        return signature.to_owned();
    };
    let order = Order::of(grammar);
    let list = &signature[open + 1..close.unwrap_or(signature.len())];
    let types: Vec<String> = split(list)
        .into_iter()
        .map(|parameter| type_of(parameter, order))
        .collect();
    let rest = close.map_or("…", |close| &signature[close + 1..]);
    format!("{}({}){rest}", &signature[..open], types.join(", "))
}

/// Where the list of parameters begins, and where it ends unless the signature was cut: behind the name and its type parameters, or else the
/// first list there is.
fn parameters(signature: &str, name: &str) -> Option<(usize, Option<usize>)> {
    let bytes = signature.as_bytes();
    let named = signature.match_indices(name).find_map(|(at, _)| {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let mut end = at + name.len();
        if name.is_empty() || (at > 0 && word(bytes[at - 1])) || bytes.get(end).is_some_and(|b| word(*b)) {
            return None;
        }
        if let Some(b'<' | b'[') = bytes.get(end) {
            end = closing(signature, end)? + 1;
        }
        (bytes.get(end) == Some(&b'(')).then_some(end)
    });
    let open = named.or_else(|| signature.find('('))?;
    Some((open, closing(signature, open)))
}

/// The bracket that closes the one at `open`. The `>` of an arrow closes nothing.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_u32;
    let mut before = b' ';
    for (at, b) in text.bytes().enumerate().skip(open) {
        match b {
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b'>' if matches!(before, b'-' | b'=') => (),
            b')' | b']' | b'}' | b'>' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => (),
        }
        before = b;
    }
    None
}

/// Parts between commas that stand in no bracket.
fn split(list: &str) -> Vec<&str> {
    let mut out: Vec<&str> = top_level(list, |b, _, _| b == b',').split(list);
    out.retain(|it| !it.trim().is_empty());
    out
}

struct Cuts(Vec<usize>);

impl Cuts {
    fn split(self, text: &str) -> Vec<&str> {
        let mut from = 0;
        let mut out = Vec::new();
        for cut in self.0 {
            out.push(&text[from..cut]);
            from = cut + 1;
        }
        out.push(&text[from..]);
        out
    }
}

/// Where a mark stands outside brackets; `wanted` sees it with its neighbours.
fn top_level(text: &str, wanted: impl Fn(u8, u8, u8) -> bool) -> Cuts {
    let bytes = text.as_bytes();
    let mut depth = 0_u32;
    let mut out = Vec::new();
    for (at, &b) in bytes.iter().enumerate() {
        let before = at.checked_sub(1).map_or(b' ', |at| bytes[at]);
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        match b {
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b'>' if matches!(before, b'-' | b'=') => (),
            b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
            _ if depth == 0 && wanted(b, before, after) => out.push(at),
            _ => (),
        }
    }
    Cuts(out)
}

fn type_of(parameter: &str, order: Order) -> String {
    let equals = top_level(parameter, |b, before, after| {
        b == b'=' && after != b'>' && before != b'='
    })
    .0;
    let declared = parameter[..equals.first().copied().unwrap_or(parameter.len())].trim();
    let bare = declared.trim_start_matches(['&', '*', ' ']).trim_start_matches("mut ");
    if matches!(bare, "self" | "cls" | "this") {
        return declared.to_owned();
    }
    let found = match order {
        Order::Colon => {
            let colons = top_level(declared, |b, before, after| {
                b == b':' && before != b':' && after != b':'
            })
            .0;
            colons.first().map(|at| declared[at + 1..].trim())
        }
        Order::NameFirst => declared.split_once(' ').map(|(_, rest)| rest.trim()),
        Order::TypeFirst => {
            let name = declared
                .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
                .map(|at| declared[..=at].trim());
            match name {
                _ if declared.starts_with('$') => None,
                None | Some("") => Some(declared),
                name => name,
            }
        }
        Order::Untyped => None,
    };
    found.filter(|it| !it.is_empty()).unwrap_or("_").to_owned()
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn parameters_become_their_types() {
        for (signature, name, grammar, shape) in [
            (
                "pub fn find<F: Fn(u8) -> bool>(&self, grant: &Grant, mut n: Option<a::B>) -> Result<Vec<Hit>, E>",
                "find",
                "rust",
                "pub fn find<F: Fn(u8) -> bool>(&self, &Grant, Option<a::B>) -> Result<Vec<Hit>, E>",
            ),
            (
                "@Get(1) async load(url: string = <string>, { a, b }, ...rest: T[]): Promise<void>",
                "load",
                "typescript",
                "@Get(1) async load(string, _, T[]): Promise<void>",
            ),
            (
                "def run(self, secret, n: int = <number>, **rest) -> str",
                "run",
                "python",
                "def run(self, _, int, _) -> str",
            ),
            (
                "func (r *Repo) Find(ctx context.Context, ids ...int) (T, error)",
                "Find",
                "go",
                "func (r *Repo) Find(context.Context, ...int) (T, error)",
            ),
            (
                "public static Map<K, V> of(final List<K> keys, int[] n)",
                "of",
                "java",
                "public static Map<K, V> of(final List<K>, int[])",
            ),
            ("int add(int, char *name)", "add", "c", "int add(int, char *)"),
            ("def total(order, rate:)", "total", "ruby", "def total(_, _)"),
            (
                "exports.helper = function (a)",
                "helper",
                "javascript",
                "exports.helper = function (_)",
            ),
            (
                "pub struct Table<const N: usize>",
                "Table",
                "rust",
                "pub struct Table<const N: usize>",
            ),
            ("fn cut(a: &str, b: V…", "cut", "rust", "fn cut(&str, V…)…"),
        ] {
            assert_eq!(of(signature, name, grammar), shape);
        }
    }
}
