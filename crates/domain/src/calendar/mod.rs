//! Working time: calendars with hours, breaks, holidays and moved days in a time zone, and counting by them.
//!
//! A working interval is one of the wall clock of the calendar's zone; working time is what really passes inside such
//! intervals. So a night shift over a change to summer time is an hour shorter, and one over the change back an hour
//! longer. A division without a calendar, of its own or inherited, works round the clock.

mod divisions;
mod hours;
mod model;
mod set;
mod spans;
mod working;

pub use divisions::Calendars;
pub use hours::Interval;
pub use model::{Calendar, Hours};
pub use set::CalendarSet;
