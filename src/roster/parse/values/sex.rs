//! Sex, in the letters, figures and words in which lists have it.

use crate::nik::Sex;

/// A slip is forgiven in words as long as this.
const FORGIVING_LENGTH: usize = 8;

/// What stands in a cell of sex, before the column says what its letters mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SexMark {
    L,
    /// *Perempuan*, or *pria* where others are *wanita*.
    P,
    /// *Wanita*.
    W,
    /// 1 and 2, as EMIS and village systems write them.
    One,
    Two,
    OtherFigure,
    /// *Pria* or *wanita*, written out.
    PriaOrWanita(Sex),
    Word(Sex),
    Nothing,
}

/// How a column writes sex, where it is not `L` and `P`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SexHabit {
    /// `P` stands for *pria*, as the header says.
    pub p_is_male: bool,
    pub p_is_doubtful: bool,
    pub w_is_doubtful: bool,
    /// Figures stand beside letters, or others beside 1 and 2.
    pub figures_are_doubtful: bool,
}

/// What a cell of sex says.
#[must_use]
pub fn sex_mark(text: &str) -> SexMark {
    match text.as_bytes() {
        [b'L' | b'l'] => return SexMark::L,
        [b'P' | b'p'] => return SexMark::P,
        _ => {}
    }
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    if letters.is_empty() {
        let figures: String = text.chars().filter_map(crate::nik::digit).collect();
        return match figures.as_str() {
            "1" | "01" => SexMark::One,
            "2" | "02" => SexMark::Two,
            "" => SexMark::Nothing,
            _ => SexMark::OtherFigure,
        };
    }
    let whole = word(&letters);
    if whole != SexMark::Nothing {
        return whole;
    }
    // `L (laki-laki)`, `1 - Laki-laki`: each word must say the same.
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let marks = |text: &str| word(&text.to_lowercase());
    let Some(first) = words.next().map(marks) else { return SexMark::Nothing };
    let agrees = |other: SexMark| said(first).is_some() && said(first) == said(other);
    if words.map(marks).all(agrees) { said(first).map_or(SexMark::Nothing, SexMark::Word) } else { SexMark::Nothing }
}

/// The sex that a cell's mark says in a column of this habit.
#[must_use]
pub fn sex(mark: SexMark, habit: SexHabit) -> Option<Sex> {
    match mark {
        SexMark::P if habit.p_is_male => Some(Sex::Male),
        SexMark::P if habit.p_is_doubtful => None,
        SexMark::W if habit.w_is_doubtful => None,
        SexMark::One | SexMark::Two if habit.figures_are_doubtful => None,
        SexMark::One => Some(Sex::Male),
        SexMark::Two => Some(Sex::Female),
        mark => said(mark),
    }
}

/// The sex that a word says by itself.
fn said(mark: SexMark) -> Option<Sex> {
    match mark {
        SexMark::L => Some(Sex::Male),
        SexMark::P | SexMark::W => Some(Sex::Female),
        SexMark::PriaOrWanita(sex) | SexMark::Word(sex) => Some(sex),
        SexMark::One | SexMark::Two | SexMark::OtherFigure | SexMark::Nothing => None,
    }
}

fn word(letters: &str) -> SexMark {
    match letters {
        "l" => SexMark::L,
        "p" => SexMark::P,
        "w" => SexMark::W,
        "pria" => SexMark::PriaOrWanita(Sex::Male),
        "wanita" => SexMark::PriaOrWanita(Sex::Female),
        "lk" | "laki" | "lakilaki" | "lelaki" | "cowok" | "cowo" | "putra" | "m" | "male" | "man" | "boy" => {
            SexMark::Word(Sex::Male)
        }
        "pr" | "perempuan" | "cewek" | "cewe" | "putri" | "f" | "female" | "woman" | "girl" => {
            SexMark::Word(Sex::Female)
        }
        _ => {
            let slip = |known: &str| letters.len() >= FORGIVING_LENGTH - 1 && strsim::osa_distance(known, letters) == 1;
            match (slip("lakilaki"), slip("perempuan")) {
                (true, false) => SexMark::Word(Sex::Male),
                (false, true) => SexMark::Word(Sex::Female),
                _ => SexMark::Nothing,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Sex> {
        sex(sex_mark(text), SexHabit::default())
    }

    #[test]
    fn sex_is_written_in_many_ways() {
        for text in [
            "L",
            "l",
            "Laki-laki",
            "LAKI LAKI",
            "Laki - laki",
            "Laki2",
            "Laki²",
            "lk.",
            "Pria",
            "Lelaki",
            "Cowok",
            "M",
            "Male",
            "1",
            "L (Laki-laki)",
            "1 - Laki-laki",
            "Laki-lali",
        ] {
            assert_eq!(read(text), Some(Sex::Male), "{text}");
        }
        for text in [
            "P",
            "p",
            "Perempuan",
            "PR",
            "Wanita",
            "W",
            "Cewek",
            "F",
            "Female",
            "2",
            "P/Perempuan",
            "Perempua",
            "perem puan",
        ] {
            assert_eq!(read(text), Some(Sex::Female), "{text}");
        }
        for text in ["", "-", "x", "L/P", "3", "12", "laki-laki/perempuan", "anak", "?"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_column_says_what_its_letters_mean() {
        let of = |text: &str, habit| sex(sex_mark(text), habit);
        let by_header = SexHabit { p_is_male: true, ..SexHabit::default() };
        assert_eq!((of("P", by_header), of("W", by_header)), (Some(Sex::Male), Some(Sex::Female)));
        let doubtful = SexHabit { p_is_doubtful: true, w_is_doubtful: true, ..SexHabit::default() };
        assert_eq!((of("P", doubtful), of("W", doubtful), of("L", doubtful)), (None, None, Some(Sex::Male)));
        let figures = SexHabit { figures_are_doubtful: true, ..SexHabit::default() };
        assert_eq!((of("1", figures), of("P", figures)), (None, Some(Sex::Female)));
    }
}
