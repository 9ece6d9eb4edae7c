//! Errors with a short name for programs (`{"error":{"code",…}}`).

/// Declares an error of which every variant has a code, and from the same lines `code()` and `codes()`, so that neither can go
/// out of date. After `wrapping` stand other errors with one code each, after `of` other such errors with their own codes; both
/// keep their sentences. A sentence that calls a method names a field (`.state.word()`): a number's span is not the macro's.
///
/// ```ignore
/// coded! {
///     /// Why a slip is not printed.
///     pub enum SlipRefusal {
///         "nobody" => #[error("{place} has no such students")] Nobody { place: String },
///     }
/// }
/// ```
#[macro_export]
macro_rules! coded {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $(
                $code:literal => $(#[$about:meta])* $variant:ident
                $( ( $( $(#[$of_value:meta])* $value:ty ),* ) )?
                $( { $( $field:ident: $type:ty ),* $(,)? } )?
            ),* $(,)?
        }
        $( wrapping { $( $cause_code:literal => $cause:ident($wrapped:ty) ),* $(,)? } )?
        $( of { $( $other:ident($error:ty) ),* $(,)? } )?
    ) => {
        $(#[$meta])*
        #[derive(Debug, thiserror::Error)]
        $vis enum $name {
            $( $(#[$about])* $variant $( ( $( $(#[$of_value])* $value ),* ) )? $( { $( $field: $type ),* } )?, )*
            $( $( #[error(transparent)] $cause(#[from] $wrapped), )* )?
            $( $( #[error(transparent)] $other(#[from] $error), )* )?
        }

        impl $name {
            /// The short name for programs.
            #[must_use]
            $vis fn code(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $code, )*
                    $( $( Self::$cause(_) => $cause_code, )* )?
                    $( $( Self::$other(error) => error.code(), )* )?
                }
            }

            /// Every code that [`Self::code`] can return, in the order of the variants.
            #[cfg(test)]
            $vis fn codes() -> Vec<&'static str> {
                let own: &[&'static str] = &[$( $code, )* $( $( $cause_code, )* )?];
                [own, $( $( &<$error>::codes(), )* )?].concat()
            }
        }
    };
}
