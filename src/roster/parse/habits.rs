//! What a column shows as a column: in which order its dates stand, whether a spreadsheet rounded its NIKs, what its letters
//! mean, and what no list of real people has. Counted while the rows are looked at; where it changes how a cell is read, the
//! rows are looked at once more.

use super::values::{DateOrder, DateSign, SexHabit, SexMark};

/// How a sheet's columns write things. By default: as most lists do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    pub order: DateOrder,
    pub cells_swapped: bool,
    pub niks_rounded: bool,
    /// There is a column of NIKs, and no row has one.
    pub nik_is_empty: bool,
    pub sex: SexHabit,
    pub oddities: Oddities,
}

/// What no list of real people has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oddities {
    pub one_birth_date: bool,
    pub birth_date_series: bool,
    pub one_name: bool,
}

impl Habits {
    /// Whether a cell may be read in another way than by `other`.
    pub(super) fn read_otherwise_than(&self, other: &Self) -> bool {
        let reading = |habits: &Self| Self { oddities: Oddities::default(), ..*habits };
        reading(self) != reading(other)
    }
}

/// What one row shows, whatever the habits under which it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs(u16);

/// One sign; its number is its bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Sign {
    DayFirst,
    MonthFirst,
    EitherFirst,
    LowDateCell,
    HighDateCell,
    NikEndsInZero,
    NikEndsOtherwise,
    SexL,
    SexP,
    SexW,
    SexPriaOrWanita,
    SexWord,
    SexFigure,
    SexOtherFigure,
    NikEmpty,
}

pub(super) const SIGNS: usize = Sign::NikEmpty as usize + 1;

impl Signs {
    /// Each sign as a bit.
    pub(super) fn bits(self) -> u16 {
        self.0
    }

    pub(super) fn add(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u8;
    }

    pub(super) fn add_date(&mut self, sign: DateSign) {
        match sign {
            DateSign::Nothing => {}
            DateSign::DayFirst => self.add(Sign::DayFirst),
            DateSign::MonthFirst => self.add(Sign::MonthFirst),
            DateSign::Either => self.add(Sign::EitherFirst),
            DateSign::LowCell => self.add(Sign::LowDateCell),
            DateSign::HighCell => self.add(Sign::HighDateCell),
        }
    }

    pub(super) fn add_sex(&mut self, mark: SexMark) {
        match mark {
            SexMark::L => self.add(Sign::SexL),
            SexMark::P => self.add(Sign::SexP),
            SexMark::W => self.add(Sign::SexW),
            SexMark::PriaOrWanita(_) => self.add(Sign::SexPriaOrWanita),
            SexMark::Word(_) => self.add(Sign::SexWord),
            SexMark::One | SexMark::Two => self.add(Sign::SexFigure),
            SexMark::OtherFigure => self.add(Sign::SexOtherFigure),
            SexMark::Nothing => {}
        }
    }

    /// The signs are those of a NIK that was read.
    pub(super) fn add_nik(&mut self, digits: &str) {
        self.add(if digits.ends_with('0') { Sign::NikEndsInZero } else { Sign::NikEndsOtherwise });
    }
}
