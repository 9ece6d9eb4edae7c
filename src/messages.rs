//! What people read: Fluent catalogues in Indonesian (first) and English, built in, and replaceable by an office message by
//! message with files of the same name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::intake;

const INDONESIAN: &str = include_str!("../config/messages/id.ftl");
const ENGLISH: &str = include_str!("../config/messages/en.ftl");

/// The languages there are; the first is what a chat starts with.
pub const LANGUAGES: [&str; 2] = ["id", "en"];

/// Why the catalogues cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MessagesError {
    #[error("the message file {path} cannot be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the message file {path} has a mistake: {message}")]
    Syntax { path: PathBuf, message: String },
}

/// Both catalogues. Cheap to clone.
#[derive(Clone)]
pub struct Messages(Arc<[FluentBundle<FluentResource>; 2]>);

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Messages(id, en)")
    }
}

/// A value put into a message.
#[derive(Debug, Clone)]
pub enum Arg {
    Text(String),
    Number(i64),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl Messages {
    /// The built-in catalogues, with the messages of `folder/id.ftl` and `folder/en.ftl` in place of the built-in ones.
    pub fn load(folder: Option<&Path>) -> Result<Self, MessagesError> {
        let bundle = |language: &str, built_in: &str| {
            let identifier: LanguageIdentifier = language.parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
            // Direction marks around every value would show as odd characters in Telegram.
            bundle.set_use_isolating(false);
            bundle.add_resource_overriding(parse(built_in, Path::new(language))?);
            let own = folder.map(|folder| folder.join(format!("{language}.ftl"))).filter(|path| path.exists());
            if let Some(path) = own {
                let text = intake::text(&path, intake::LARGEST_TEXT)
                    .map_err(|source| MessagesError::Read { path: path.clone(), source })?;
                bundle.add_resource_overriding(parse(&text, &path)?);
            }
            Ok(bundle)
        };
        Ok(Self(Arc::new([bundle("id", INDONESIAN)?, bundle("en", ENGLISH)?])))
    }

    /// The message `id` in `language`. A message that is missing gives its own name, so that nobody gets an empty text.
    #[must_use]
    pub fn text(&self, language: &str, id: &str, arguments: &[(&str, Arg)]) -> String {
        let bundle = &self.0[usize::from(language == "en")];
        let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else { return id.to_owned() };
        let mut values = FluentArgs::new();
        for (name, value) in arguments {
            match value {
                Arg::Text(text) => values.set(*name, FluentValue::from(text.as_str())),
                Arg::Number(number) => values.set(*name, FluentValue::from(*number)),
            }
        }
        let mut errors = Vec::new();
        bundle.format_pattern(pattern, Some(&values), &mut errors).trim().to_owned()
    }
}

fn parse(text: &str, path: &Path) -> Result<FluentResource, MessagesError> {
    FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| MessagesError::Syntax {
        path: path.into(),
        message: errors.first().map_or_else(|| "unknown".to_owned(), ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        text.lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(name, _)| name))
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_messages() {
        assert_eq!(names(INDONESIAN), names(ENGLISH));
        Messages::load(None).unwrap();
    }

    #[test]
    fn an_office_replaces_single_messages() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("id.ftl"), "language-name = Basa Sasak\n").unwrap();
        let messages = Messages::load(Some(folder.path())).unwrap();
        assert_eq!(messages.text("id", "language-name", &[]), "Basa Sasak");
        assert_eq!(messages.text("en", "language-name", &[]), "English");
    }
}
