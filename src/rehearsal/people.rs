//! The people's side of the stand-in: what each chat shows, and what people do in it.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Bot,
    Person,
}

/// One message as it stands in a chat.
#[derive(Debug, Clone)]
pub struct Line {
    pub message_id: i64,
    pub at: DateTime<Utc>,
    pub author: Author,
    pub text: String,
    /// Rows of buttons: label and callback data; a button that opens a page has no data.
    pub buttons: Vec<Vec<(String, Option<String>)>>,
    /// The file that the message brings: its name and what it holds.
    pub file: Option<(String, Bytes)>,
}

/// What a tap on a button did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tapped {
    Yes,
    /// No message in the chat has such a button.
    NoSuchButton,
}

#[derive(Debug, Default)]
struct Chat {
    lines: Vec<Line>,
    next_id: i64,
    has_started: bool,
    blocks: bool,
}

/// Every chat, and the updates that the bot has not confirmed yet.
#[derive(Debug, Default)]
pub struct People {
    chats: BTreeMap<i64, Chat>,
    updates: Vec<(i64, Value)>,
    next_update: i64,
    next_query: i64,
}

/// Why a message does not reach a chat, as the Bot API says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeliverable {
    pub status: u16,
    pub description: &'static str,
}

impl People {
    fn update(&mut self, kind: &str, content: Value) {
        self.next_update += 1;
        let mut update = json!({"update_id": self.next_update});
        update[kind] = content;
        self.updates.push((self.next_update, update));
    }

    fn line(&mut self, chat: i64, at: DateTime<Utc>, author: Author, text: &str) -> i64 {
        let chat = self.chats.entry(chat).or_default();
        chat.next_id += 1;
        let message_id = chat.next_id;
        chat.lines.push(Line { message_id, at, author, text: text.to_owned(), buttons: Vec::new(), file: None });
        message_id
    }

    /// A person writes.
    pub fn write(&mut self, chat: i64, at: DateTime<Utc>, text: &str) {
        let message_id = self.line(chat, at, Author::Person, text);
        self.started(chat);
        self.update("message", with(message(chat, message_id, at, person(chat)), "text", json!(text)));
    }

    /// A person sends a picture.
    pub fn show_picture(&mut self, chat: i64, at: DateTime<Utc>, caption: &str) {
        let message_id = self.line(chat, at, Author::Person, "(picture)");
        self.started(chat);
        let photo = json!([{"file_id": "p", "file_unique_id": "q", "width": 1, "height": 1, "file_size": 1}]);
        let content = with(message(chat, message_id, at, person(chat)), "photo", photo);
        self.update("message", with(content, "caption", json!(caption)));
    }

    /// A person sends a file, which `document` describes as the Bot API does.
    pub fn send_file(&mut self, chat: i64, at: DateTime<Utc>, document: Value, caption: &str) -> i64 {
        let message_id = self.line(chat, at, Author::Person, "(file)");
        self.started(chat);
        let content = with(message(chat, message_id, at, person(chat)), "document", document);
        self.update("message", with(content, "caption", json!(caption)));
        message_id
    }

    fn started(&mut self, chat: i64) {
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.has_started = true;
        }
    }

    /// A person taps the newest button whose label begins with `label`.
    pub fn tap(&mut self, chat: i64, at: DateTime<Utc>, label: &str) -> Tapped {
        self.tap_below(chat, at, "", label)
    }

    /// The same below the newest message that holds `words`: an older message's buttons stay where they are.
    pub fn tap_below(&mut self, chat: i64, at: DateTime<Utc>, words: &str, label: &str) -> Tapped {
        let found = self.chats.get(&chat).and_then(|known| {
            known.lines.iter().rev().filter(|line| line.text.contains(words)).find_map(|line| {
                let mut buttons = line.buttons.iter().flatten();
                let (_, data) = buttons.find(|(words, data)| data.is_some() && words.starts_with(label))?;
                Some((line.message_id, line.text.clone(), data.clone()?))
            })
        });
        let Some((message_id, text, data)) = found else { return Tapped::NoSuchButton };
        self.press(chat, at, message_id, &text, &data);
        Tapped::Yes
    }

    fn press(&mut self, chat: i64, at: DateTime<Utc>, message_id: i64, text: &str, data: &str) {
        self.next_query += 1;
        let content = json!({
            "id": self.next_query.to_string(),
            "from": person(chat),
            "message": with(message(chat, message_id, at, bot()), "text", json!(text)),
            "chat_instance": chat.to_string(),
            "data": data,
        });
        self.update("callback_query", content);
    }

    /// A person blocks the bot, or unblocks it.
    pub fn block(&mut self, chat: i64, at: DateTime<Utc>, blocks: bool) {
        self.chats.entry(chat).or_default().blocks = blocks;
        let member = |is_member: bool| {
            if is_member {
                json!({"user": bot(), "status": "member"})
            } else {
                json!({"user": bot(), "status": "kicked", "until_date": 0})
            }
        };
        let content = json!({
            "chat": private(chat),
            "from": person(chat),
            "date": at.timestamp(),
            "old_chat_member": member(blocks),
            "new_chat_member": member(!blocks),
        });
        self.update("my_chat_member", content);
    }

    /// What a chat shows, oldest first.
    #[must_use]
    pub fn lines(&self, chat: i64) -> Vec<Line> {
        self.chats.get(&chat).map(|chat| chat.lines.clone()).unwrap_or_default()
    }

    /// Every chat that there is.
    #[must_use]
    pub fn chats(&self) -> Vec<i64> {
        self.chats.keys().copied().collect()
    }

    /// The bot's message reaches a chat, or the Bot API says why not.
    pub fn receive(
        &mut self,
        chat: i64,
        at: DateTime<Utc>,
        text: &str,
        keyboard: &Value,
    ) -> Result<Value, Undeliverable> {
        let count = text.encode_utf16().count();
        if count == 0 {
            return Err(Undeliverable { status: 400, description: "Bad Request: message text is empty" });
        }
        if count > 4096 {
            return Err(Undeliverable { status: 400, description: "Bad Request: message is too long" });
        }
        let message_id = self.bring(chat, at, text, keyboard)?;
        Ok(with(message(chat, message_id, at, bot()), "text", json!(text)))
    }

    /// The bot's file reaches a chat, or the Bot API says why not.
    pub fn receive_file(
        &mut self,
        chat: i64,
        at: DateTime<Utc>,
        caption: &str,
        keyboard: &Value,
        file: (String, Bytes),
    ) -> Result<Value, Undeliverable> {
        if caption.encode_utf16().count() > 1024 {
            return Err(Undeliverable { status: 400, description: "Bad Request: message caption is too long" });
        }
        let message_id = self.bring(chat, at, caption, keyboard)?;
        let document = json!({"file_id": "b", "file_unique_id": "b", "file_name": file.0, "file_size": file.1.len()});
        if let Some(line) = self.chats.get_mut(&chat).and_then(|chat| chat.lines.last_mut()) {
            line.file = Some(file);
        }
        Ok(with(message(chat, message_id, at, bot()), "document", document))
    }

    /// Puts the bot's message into a chat, if it may stand there.
    fn bring(&mut self, chat: i64, at: DateTime<Utc>, text: &str, keyboard: &Value) -> Result<i64, Undeliverable> {
        let refused = |status, description| Err(Undeliverable { status, description });
        match self.chats.get(&chat) {
            None => return refused(400, "Bad Request: chat not found"),
            Some(known) if known.blocks => return refused(403, "Forbidden: bot was blocked by the user"),
            Some(known) if !known.has_started => {
                return refused(403, "Forbidden: bot can't initiate conversation with a user");
            }
            Some(_) => {}
        }
        let mut buttons = Vec::new();
        for row in keyboard["inline_keyboard"].as_array().into_iter().flatten() {
            let mut labels = Vec::new();
            for button in row.as_array().into_iter().flatten() {
                let data = button["callback_data"].as_str().map(str::to_owned);
                if data.as_ref().is_some_and(|data| data.is_empty() || data.len() > 64) {
                    return refused(400, "Bad Request: BUTTON_DATA_INVALID");
                }
                labels.push((button["text"].as_str().unwrap_or_default().to_owned(), data));
            }
            buttons.push(labels);
        }
        let message_id = self.line(chat, at, Author::Bot, text);
        if let Some(line) = self.chats.get_mut(&chat).and_then(|chat| chat.lines.last_mut()) {
            line.buttons = buttons;
        }
        Ok(message_id)
    }

    /// Takes a message out of a chat, or the Bot API says why not.
    pub fn delete(&mut self, chat: i64, message_id: i64, now: DateTime<Utc>) -> Result<(), Undeliverable> {
        let refused = |description| Err(Undeliverable { status: 400, description });
        let Some(chat) = self.chats.get_mut(&chat) else { return refused("Bad Request: chat not found") };
        match chat.lines.iter().find(|line| line.message_id == message_id) {
            None => refused("Bad Request: message to delete not found"),
            Some(line) if now - line.at > DELETABLE => refused("Bad Request: message can't be deleted"),
            Some(_) => {
                chat.lines.retain(|line| line.message_id != message_id);
                Ok(())
            }
        }
    }

    /// The updates from number `offset` on; the earlier ones are confirmed and gone.
    pub fn updates(&mut self, offset: i64) -> Vec<Value> {
        if offset > 0 {
            self.updates.retain(|(id, _)| *id >= offset);
        }
        self.updates.iter().take(100).map(|(_, update)| update.clone()).collect()
    }
}

fn with(mut value: Value, name: &str, content: Value) -> Value {
    value[name] = content;
    value
}

fn private(chat: i64) -> Value {
    json!({"id": chat, "type": "private", "first_name": "Orang"})
}

fn person(chat: i64) -> Value {
    json!({"id": chat, "is_bot": false, "first_name": "Orang", "language_code": "id"})
}

/// The stand-in's bot.
pub fn bot() -> Value {
    json!({"id": 17, "is_bot": true, "first_name": "siap17", "username": "siap17_contoh_bot"})
}

fn message(chat: i64, message_id: i64, at: DateTime<Utc>, from: Value) -> Value {
    json!({"message_id": message_id, "date": at.timestamp(), "chat": private(chat), "from": from})
}

/// How long after it was sent a bot may delete a message of a private chat (Bot API: *deleteMessage*).
const DELETABLE: TimeDelta = TimeDelta::hours(48);
/// How long a call for updates waits at most.
pub const LONGEST_POLL: Duration = Duration::from_secs(50);
