//! Finds circles: files, or a file and a folder, that import each other. It reads `use` trees and every other path in the code,
//! and follows a name through re-exports to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

/// Re-exports that are followed from one to the next; more would be a circle of re-exports.
const MOST_STEPS: usize = 16;

/// A module's path from the top of the crate; empty for the top itself.
type Module = Vec<String>;

/// One name that a `use` brings in.
struct Import {
    path: Vec<String>,
    name: String,
    is_glob: bool,
    is_public: bool,
}

/// One file, as far as imports go.
struct File {
    path: String,
    module: Module,
    imports: Vec<Import>,
    /// Paths in the code outside of `use`.
    paths: Vec<Vec<String>>,
    /// Names in the code outside of `use`.
    names: BTreeSet<String>,
    /// Modules that are compiled for tests alone.
    tests: BTreeSet<String>,
    /// What the file itself defines.
    defines: BTreeSet<String>,
}

/// Every circle in `sources` (the path below `src/` and the text of each file), one sentence each.
pub fn circles(sources: &BTreeMap<String, String>) -> Vec<String> {
    let house = House::read(sources);
    let arrows = house.arrows();
    let folders: BTreeSet<Module> = house.files.iter().flat_map(|file| above(&file.module)).collect();
    folders.iter().flat_map(|folder| house.circles_of(folder, &arrows)).collect()
}

/// The modules that a module lies in, from the top on, with itself.
fn above(module: &[String]) -> Vec<Module> {
    (0..=module.len()).map(|length| module[..length].to_vec()).collect()
}

struct House {
    files: Vec<File>,
    /// Which file a module is.
    at: BTreeMap<Module, usize>,
}

impl House {
    fn read(sources: &BTreeMap<String, String>) -> Self {
        let mut files: Vec<File> = sources.iter().map(|(path, text)| File::read(path, text)).collect();
        let tests: BTreeSet<Module> = files
            .iter()
            .flat_map(|file| file.tests.iter().map(|name| [&file.module[..], std::slice::from_ref(name)].concat()))
            .collect();
        files.retain(|file| !above(&file.module).iter().any(|module| tests.contains(module)));
        let at = files.iter().enumerate().map(|(at, file)| (file.module.clone(), at)).collect();
        Self { files, at }
    }

    /// Which file imports which.
    fn arrows(&self) -> BTreeSet<(usize, usize)> {
        let mut arrows = BTreeSet::new();
        for (from, file) in self.files.iter().enumerate() {
            for import in &file.imports {
                let path = self.absolute(file, &import.path, false);
                // What a file hands on of its own children is no use of them, unless its code names it, too.
                let is_own = path.as_ref().is_some_and(|path| path.starts_with(&file.module));
                if is_own && import.is_public && !file.names.contains(&import.name) {
                    continue;
                }
                // A module that is imported is used by the paths that begin with it.
                let path = path.filter(|path| import.is_glob || !self.at.contains_key(path));
                let to = path.and_then(|path| self.owner(&path, MOST_STEPS));
                arrows.extend(to.map(|to| (from, to)));
            }
            for path in &file.paths {
                let to = self.absolute(file, path, true).and_then(|path| self.owner(&path, MOST_STEPS));
                arrows.extend(to.map(|to| (from, to)));
            }
        }
        arrows.retain(|(from, to)| from != to && !self.files[*to].module.is_empty());
        arrows
    }

    /// The path from the top of the crate; `None` if it leads into another crate.
    fn absolute(&self, file: &File, path: &[String], with_imports: bool) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = file.module.clone();
        match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => return Some([&base[..], rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                base.truncate(base.len().checked_sub(ups)?);
                return Some([&base[..], &path[ups..]].concat());
            }
            _ => {}
        }
        let imported = file.imports.iter().filter(|_| with_imports).find(|import| &import.name == first);
        if let Some(import) = imported {
            return Some([&self.absolute(file, &import.path, false)?[..], rest].concat());
        }
        base.push(first.clone());
        self.at.contains_key(&base).then(|| [&base[..], rest].concat())
    }

    /// The file that defines what an absolute path names.
    fn owner(&self, path: &[String], steps: usize) -> Option<usize> {
        let depth = (0..=path.len()).rev().find(|length| self.at.contains_key(&path[..*length]))?;
        let (at, rest) = (self.at[&path[..depth]], &path[depth..]);
        let file = &self.files[at];
        let (Some(name), Some(steps)) = (rest.first(), steps.checked_sub(1)) else { return Some(at) };
        if file.defines.contains(name) {
            return Some(at);
        }
        if let Some(import) = file.imports.iter().find(|import| &import.name == name) {
            let whole = [&self.absolute(file, &import.path, false)?[..], &rest[1..]].concat();
            return self.owner(&whole, steps);
        }
        let globs = file.imports.iter().filter(|import| import.is_glob);
        let all = globs.filter_map(|import| self.absolute(file, &import.path, false));
        let found = all.filter_map(|path| self.at.get(&path)).find(|at| self.files[**at].defines.contains(name));
        Some(found.copied().unwrap_or(at))
    }

    /// The circles among what lies directly in a folder: files, folders as one, and the folder's own face.
    fn circles_of(&self, folder: &[String], arrows: &BTreeSet<(usize, usize)>) -> Vec<String> {
        let unit = |file: &File| {
            let inside = file.module.strip_prefix(folder)?;
            Some(inside.first().cloned().unwrap_or_else(|| "mod".to_owned()))
        };
        let mut between: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (from, to) in arrows {
            let (from, to) = (&self.files[*from], &self.files[*to]);
            if let (Some(one), Some(other)) = (unit(from), unit(to))
                && one != other
            {
                let example = format!("{} -> {}", from.path, to.path);
                between.entry(one).or_default().entry(other).or_insert(example);
            }
        }
        let mut left: BTreeSet<&String> = between.keys().collect();
        let mut circles = Vec::new();
        while let Some(first) = left.pop_first() {
            let circle: BTreeSet<&String> = reached(&between, first)
                .into_iter()
                .filter(|other| *other != first && reached(&between, other).contains(first))
                .chain([first])
                .collect();
            if circle.len() > 1 {
                let examples = between.iter().filter(|(from, _)| circle.contains(from));
                let examples = examples.flat_map(|(_, to)| to.iter().filter(|(to, _)| circle.contains(to)));
                let examples: Vec<&str> = examples.map(|(_, example)| example.as_str()).collect();
                circles.push(format!("{}/: {}", folder.join("/"), examples.join(", ")));
            }
            left.retain(|unit| !circle.contains(unit));
        }
        circles
    }
}

/// What can be reached from a unit along arrows.
fn reached<'a>(between: &'a BTreeMap<String, BTreeMap<String, String>>, from: &'a String) -> BTreeSet<&'a String> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(unit) = open.pop() {
        let next = between.get(unit).into_iter().flat_map(BTreeMap::keys);
        open.extend(next.filter(|next| reached.insert(*next)));
    }
    reached
}

impl File {
    fn read(path: &str, text: &str) -> Self {
        let mut module: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        let (tokens, tests) = without_tests(&tokens(text));
        let variants = variants(&tokens);
        let mut file = Self {
            path: path.to_owned(),
            module,
            imports: Vec::new(),
            paths: Vec::new(),
            names: BTreeSet::new(),
            tests,
            defines: BTreeSet::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            // `use<'a>` in a type is no import.
            at = if tokens[at] == "use" && tokens.get(at + 1).is_some_and(|next| next != "<") {
                let is_public = at > 0 && matches!(tokens[at - 1].as_str(), "pub" | ")");
                file.import(&tokens, at + 1, &[], is_public)
            } else if variants.contains(&at) {
                at + 1
            } else {
                file.code(&tokens, at)
            };
        }
        file
    }

    /// Reads a `use` tree below `prefix`; gives where it ends.
    fn import(&mut self, tokens: &[String], mut at: usize, prefix: &[String], is_public: bool) -> usize {
        let mut path = prefix.to_vec();
        while let Some(token) = tokens.get(at).map(String::as_str) {
            match token {
                "::" => at += 1,
                "{" => {
                    at += 1;
                    while tokens.get(at).is_some_and(|token| token != "}") {
                        at = self.import(tokens, at, &path, is_public);
                        at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                    }
                    return at + 1;
                }
                "*" => {
                    self.imports.push(Import { path, name: String::new(), is_glob: true, is_public });
                    return at + 1;
                }
                "as" => {
                    let name = tokens.get(at + 1).cloned().unwrap_or_default();
                    self.imports.push(Import { path, name, is_glob: false, is_public });
                    return at + 2;
                }
                // `a::{self}` is `a`.
                "self" if !path.is_empty() => at += 1,
                _ if is_name(token) => {
                    path.push(token.to_owned());
                    at += 1;
                }
                _ => break,
            }
        }
        let name = path.last().cloned().unwrap_or_default();
        self.imports.push(Import { path, name, is_glob: false, is_public });
        at
    }

    /// Reads a path, a name or anything else of the code; gives where it ends.
    fn code(&mut self, tokens: &[String], at: usize) -> usize {
        if !is_name(&tokens[at]) {
            return at + 1;
        }
        let mut path = vec![tokens[at].clone()];
        let mut end = at + 1;
        while tokens.get(end).is_some_and(|token| token == "::")
            && tokens.get(end + 1).is_some_and(|name| is_name(name))
        {
            path.push(tokens[end + 1].clone());
            end += 2;
        }
        let before = at.checked_sub(1).map_or("", |before| tokens[before].as_str());
        if matches!(before, "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static") {
            self.defines.insert(path[0].clone());
        }
        // After a dot it is a field or a method, after `mod` a declaration.
        if !matches!(before, "." | "mod" | "::") {
            self.names.insert(path[0].clone());
            self.paths.extend((path.len() > 1).then_some(path));
        }
        end
    }
}

/// Where the variants of enums are named: such a name is nobody else's, whatever it reads like.
fn variants(tokens: &[String]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for start in (0..tokens.len()).filter(|at| tokens[*at] == "enum") {
        let (mut depth, mut is_next) = (0, false);
        for (at, token) in tokens.iter().enumerate().skip(start) {
            match token.as_str() {
                "{" | "(" | "[" => {
                    is_next |= depth == 0;
                    depth += 1;
                }
                "}" | ")" | "]" if depth <= 1 => break,
                "}" | ")" | "]" => depth -= 1,
                "," if depth == 1 => is_next = true,
                _ if depth == 1 && is_next && is_name(token) => {
                    found.insert(at);
                    is_next = false;
                }
                _ => {}
            }
        }
    }
    found
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The tokens without what is compiled for tests alone, and the names of modules that are.
fn without_tests(tokens: &[String]) -> (Vec<String>, BTreeSet<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut tests) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().take(MARK.len()).eq(&MARK) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        let mut depth = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token.as_str() {
                "mod" if depth == 0 => tests.extend(tokens.get(at).cloned()),
                "{" => depth += 1,
                "}" if depth == 1 => break,
                "}" => depth -= 1,
                ";" if depth == 0 => break,
                _ => {}
            }
        }
    }
    (kept, tests)
}

/// Names, `::` and other single signs; without comments, texts and numbers' meaning.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest) {
            length
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            letter(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// How long the raw text is that begins here.
fn raw_text(rest: &str) -> Option<usize> {
    let start = ["r", "br", "cr"]
        .into_iter()
        .find(|start| rest.strip_prefix(start).is_some_and(|after| after.trim_start_matches('#').starts_with('"')))?;
    let hashes = rest[start.len()..].chars().take_while(|c| *c == '#').count();
    let body = start.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len()))
}

/// How long the quoted text is that begins here.
fn quoted(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// How long the letter in single quotes is; of a lifetime only the quote.
fn letter(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    match (signs.next(), signs.next()) {
        (Some((_, '\\')), Some(_)) => rest[3..].find('\'').map_or(1, |end| end + 4),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        circles(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn files_that_import_each_other_are_a_circle() {
        let found = of(&[
            ("room/mod.rs", "mod a; mod b; mod c;"),
            ("room/a.rs", "use std::fmt;\nuse super::b::{self, deep::{Thing as Other, *}};"),
            ("room/b.rs", "fn f() { super::c::g(); }"),
            ("room/c.rs", "use crate::room::{a::{First, Second}};"),
        ]);
        assert_eq!(found, ["room/: room/a.rs -> room/b.rs, room/b.rs -> room/c.rs, room/c.rs -> room/a.rs"]);
    }

    #[test]
    fn a_house_without_circles_is_left_alone() {
        let found = of(&[
            ("lib.rs", "pub mod room; pub mod other;"),
            ("room/mod.rs", "mod a; mod b; pub use b::Thing; pub(crate) use a::go;"),
            (
                "room/a.rs",
                "use super::Thing; // use super::c;\nconst T: &str = \"super::c::x\"; fn go<'a>(x: &'a str) {}",
            ),
            ("room/b.rs", "pub struct Thing;\n#[cfg(test)]\nmod tests { use super::super::a::go; }\nfn later() {}"),
            ("other.rs", "use crate::room::Thing; fn f() { let x = '\"'; let y = r#\" super::room \"#; }"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_name_is_followed_through_a_re_export() {
        let found = of(&[
            ("room/mod.rs", "mod a; mod b; pub use b::*;"),
            ("room/a.rs", "use super::Thing;"),
            ("room/b.rs", "pub struct Thing; fn f() { crate::room::a::go() }"),
        ]);
        assert_eq!(found, ["room/: room/a.rs -> room/b.rs, room/b.rs -> room/a.rs"]);
    }

    #[test]
    fn a_room_that_uses_its_children_must_not_be_used_by_them() {
        let child = ("room/a.rs", "use super::Error; pub fn go() {}");
        let found = of(&[("room.rs", "mod a; pub enum Error {} fn f() { a::go() }"), child]);
        assert_eq!(found, ["room/: room/a.rs -> room.rs, room.rs -> room/a.rs"]);
        let found = of(&[("room.rs", "mod a; pub use a::go; pub enum Error {}"), child]);
        assert!(found.is_empty(), "{found:?}");
        let found = of(&[("room.rs", "mod a; pub use a::go; pub enum Error {} fn f() { go() }"), child]);
        assert_eq!(found.len(), 1, "what is handed on and used is used");
    }

    #[test]
    fn a_folder_is_one_with_what_lies_in_it() {
        let found = of(&[
            ("room/mod.rs", "mod part; mod b;"),
            ("room/part/mod.rs", "pub mod x; pub mod y;"),
            ("room/part/x.rs", "use super::super::b::thing;"),
            ("room/part/y.rs", ""),
            ("room/b.rs", "use crate::room::part; fn f() { part::y::go() }"),
        ]);
        assert_eq!(found, ["room/: room/b.rs -> room/part/y.rs, room/part/x.rs -> room/b.rs"]);
    }

    #[test]
    fn what_is_compiled_for_tests_alone_is_left_out() {
        let found = of(&[
            ("room/mod.rs", "#[cfg(test)]\nmod tests; mod a; pub fn go() {}"),
            ("room/tests/mod.rs", "mod more; use super::a; fn f() { a::x() }"),
            ("room/tests/more.rs", "use super::super::go;"),
            ("room/a.rs", "#[cfg(test)]\nuse super::tests; pub fn x() {}"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }
}
