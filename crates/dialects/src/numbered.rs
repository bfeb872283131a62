//! Enumerations that are numbers on the wire: each value once, with its number and the document's words; a number that
//! the document does not have survives.

macro_rules! numbered {
    (
        $(#[$meta:meta])*
        $enum:ident, else $otherwise:literal {
            $($(#[$doc:meta])* $name:ident = $number:literal $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $enum {
            $($(#[$doc])* $name,)*
            /// A number that the document does not have.
            Other(i64),
        }

        impl $enum {
            /// Every value of the document.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number.
            #[must_use]
            pub fn number(self) -> i64 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// The document's words.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(_) => $otherwise,
                }
            }
        }

        impl From<i64> for $enum {
            fn from(number: i64) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(other),
                }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.number().fmt(f)
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.number())
            }
        }

        impl<'de> serde::Deserialize<'de> for $enum {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <i64 as serde::Deserialize>::deserialize(deserializer).map(Self::from)
            }
        }
    };
}
pub(crate) use numbered;
