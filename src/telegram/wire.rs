//! (being written)
#[derive(Debug)]
pub struct Wire;
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {}
