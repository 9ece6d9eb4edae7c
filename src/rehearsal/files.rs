//! The files of the stand-in: what people sent, and the forms in which a bot sends its own.

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde_json::{Value, json};

/// The largest file that the Bot API hands out, in bytes (Bot API: *getFile*).
const LARGEST: usize = 20 * 1024 * 1024;

/// Every file that people sent, by number.
#[derive(Debug, Default)]
pub struct Files(Vec<Kept>);

#[derive(Debug)]
struct Kept {
    name: String,
    bytes: Bytes,
}

impl Files {
    /// Keeps a file; gives the `Document` that its message carries.
    pub fn keep(&mut self, name: &str, bytes: Bytes) -> Value {
        let size = bytes.len();
        self.0.push(Kept { name: name.to_owned(), bytes });
        let number = self.0.len();
        json!({
            "file_id": format!("file-{number}"),
            "file_unique_id": format!("unique-{number}"),
            "file_name": name,
            "file_size": size,
            "mime_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        })
    }

    fn of(&self, number: &str) -> Option<&Kept> {
        self.0.get(number.parse::<usize>().ok()?.checked_sub(1)?)
    }

    /// The `File` by which a file is fetched, or the Bot API's words why there is none.
    pub fn described(&self, file_id: &str) -> Result<Value, &'static str> {
        let number = file_id.strip_prefix("file-").unwrap_or_default();
        let Some(kept) = self.of(number) else {
            return Err("Bad Request: wrong file_id or the file is temporarily unavailable");
        };
        if kept.bytes.len() > LARGEST {
            return Err("Bad Request: file is too big");
        }
        let end = kept.name.rsplit_once('.').map_or("bin", |(_, end)| end);
        Ok(json!({
            "file_id": file_id,
            "file_unique_id": format!("unique-{number}"),
            "file_size": kept.bytes.len(),
            "file_path": format!("documents/file_{number}.{end}"),
        }))
    }

    /// What lies at a path.
    pub fn at(&self, path: &str) -> Option<Bytes> {
        let number = path.strip_prefix("documents/file_")?.split('.').next()?;
        Some(self.of(number)?.bytes.clone())
    }
}

/// A `multipart/form-data` body: its fields as the JSON that other methods carry, and the file among them with its name.
pub fn form(headers: &HeaderMap, body: &[u8]) -> Option<(Value, (String, Bytes))> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = kind.strip_prefix("multipart/form-data")?.split_once("boundary=")?.1.trim_matches('"');
    let line = format!("--{boundary}");
    let mut fields = json!({});
    let mut file = None;
    let mut rest = after(body, line.as_bytes())?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = find(part, format!("\r\n{line}").as_bytes())?;
        let (part, next) = part.split_at_checked(end)?;
        let head = std::str::from_utf8(part.get(..find(part, b"\r\n\r\n")?)?).ok()?;
        let content = after(part, b"\r\n\r\n")?;
        let name = quoted(head, "; name=\"")?;
        match file_name(head) {
            Some(name) => file = Some((name, Bytes::copy_from_slice(content))),
            None => {
                let text = std::str::from_utf8(content).ok()?;
                // Numbers and keyboards come as JSON, texts as they are.
                let is_json = matches!(name, "chat_id" | "reply_markup");
                fields[name] = if is_json { serde_json::from_str(text).ok()? } else { json!(text) };
            }
        }
        rest = next.get(line.len() + 2..)?;
    }
    Some((fields, file?))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn after<'a>(text: &'a [u8], what: &[u8]) -> Option<&'a [u8]> {
    text.get(find(text, what)? + what.len()..)
}

/// The file's name in a part's head; one with other letters than English ones is written in another way.
fn file_name(head: &str) -> Option<String> {
    if let Some((_, encoded)) = head.split_once("filename*=utf-8''") {
        let encoded = encoded.split(['\r', ';']).next()?.replace('+', "%2B");
        return url::form_urlencoded::parse(encoded.as_bytes()).next().map(|(name, _)| name.into_owned());
    }
    quoted(head, "filename=\"").map(str::to_owned)
}

/// What stands between `before` and the next quotation mark.
fn quoted<'a>(head: &'a str, before: &str) -> Option<&'a str> {
    head.split_once(before)?.1.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_its_fields_and_its_file() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=xy".parse().unwrap());
        let body = b"--xy\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n--xy\r\nContent-Disposition: form-data; \
            name=\"document\"; filename=\"a.xlsx\"\r\nContent-Type: x/y\r\n\r\nPK\r\n--x\r\n--xy--\r\n";
        let (fields, (name, bytes)) = form(&headers, body).unwrap();
        assert_eq!((fields["chat_id"].as_i64(), name.as_str(), &bytes[..]), (Some(7), "a.xlsx", &b"PK\r\n--x"[..]));
    }
}
