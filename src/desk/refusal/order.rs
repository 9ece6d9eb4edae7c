//! Why nothing was done about an order.

use chrono::NaiveDate;

use crate::coded;
use crate::visit::order::OrderId;

coded! {
    /// Why an order is not taken or not answered.
    pub enum OrderRefusal {
        "order_unknown" => #[error("there is no order {0}; `siap17 visit order list` shows them")]
            Unknown(OrderId),
        "answered" => #[error("the order {number} was answered before; `siap17 visit order list` shows how")]
            Answered { number: String },
        "by" => #[error("--by is empty or longer than {longest} characters")]
            By { longest: usize },
        "need" => #[error("--need is empty or longer than {longest} characters")]
            Need { longest: usize },
        "reason" => #[error("--reason is empty or longer than {longest} characters")]
            Reason { longest: usize },
        "expected" => #[error("{expected} people are expected; a number from 1 to {most} is meant")]
            Expected { expected: i32, most: i32 },
        "days" => #[error(
            "{from} to {to} are no days on which a team can come; name days from today on, the first before the last"
        )]
            Days { from: NaiveDate, to: NaiveDate },
        "recorded" => #[error("{name} is recorded already; nobody need come for that")]
            Recorded { name: String },
        "student_unknown" => #[error("this account orders for its own place's students only")]
            OthersStudent,
        "place_unknown" => #[error("this account orders for its own place only")]
            OthersPlace,
        "place" => #[error("name the place with --place")]
            PlaceMissing,
        "place_unknown" => #[error("the order's place is not known any more")]
            PlaceGone,
        "no_coordinates" => #[error("nobody has said where {near} lies; say where the home is with --at")]
            HomeNowhere { near: String },
        "no_coordinates" => #[error("nobody has said where {place} lies")]
            NoCoordinates { place: String },
        "no_day" => #[error("the plan has no day for it from {from} to {to}; plan again, name a day with --on, or decline it")]
            NoDay { from: NaiveDate, to: NaiveDate },
        "no_time" => #[error("no team has time for {people} people at {place} on {on}")]
            NoTime { people: usize, place: String, on: NaiveDate },
    }
}
