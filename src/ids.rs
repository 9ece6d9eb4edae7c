//! Identifiers: UUIDv7, one type for each kind of thing, so that a visit can never be asked for by a student's ID.

/// Declares a newtype over [`uuid::Uuid`] that is stored, printed and parsed as the UUID itself.
#[macro_export]
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A fresh ID; its time part is the clock's, so that IDs sort by creation also in a rehearsal.
            #[must_use]
            pub fn new(clock: &$crate::clock::Clock) -> Self {
                Self(clock.new_uuid())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim().parse().map(Self)
            }
        }
    };
}

/// The short number by which people name something: the last six digits of its ID, from its random part.
#[must_use]
pub fn short_number(id: uuid::Uuid) -> String {
    let digits = id.simple().to_string().to_uppercase();
    digits.get(digits.len().saturating_sub(6)..).unwrap_or_default().to_owned()
}
