//! What technicians have to do, kept as the store keeps it: several orders share it.

use oms_domain::decide::BookingChange;
use oms_domain::order::{Appointment, AppointmentState, Order};
use oms_domain::time::Instant;
use oms_domain::workforce::{Booking, Workforce};

/// A booking with what the store knows of it besides.
struct Kept {
    id: String,
    travel_ms: i64,
    is_done: bool,
    booking: Booking,
}

pub struct Agenda {
    pub workforce: Workforce,
    kept: Vec<Kept>,
}

impl Agenda {
    pub fn of(workforce: Workforce) -> Agenda {
        Agenda { workforce, kept: Vec::new() }
    }

    /// Keeps what a decision about an order has booked, released and done. No technician has two orders at one time, nor
    /// without the way between them, unless somebody has booked over what there was to do.
    pub fn keep(&mut self, order: &str, changes: &[BookingChange]) {
        for change in changes {
            match change {
                BookingChange::Book { id, technician, from, to, travel_ms, is_override } => {
                    let (from, to) = (*from, *to);
                    let clash = self.kept.iter().find(|other| {
                        other.booking.technician == *technician
                            && other.booking.order_id != order
                            && touches(other, from, to, *travel_ms)
                    });
                    let is_free = clash.is_none() || *is_override;
                    assert!(is_free, "{technician} has two orders at {from}");
                    let booking = Booking {
                        technician: technician.clone(),
                        order_id: order.to_owned(),
                        from,
                        to,
                    };
                    let (id, travel_ms) = (id.clone(), *travel_ms);
                    self.kept.push(Kept { id, travel_ms, is_done: false, booking });
                }
                BookingChange::Release { id } => {
                    let place = self.place(id);
                    self.kept.remove(place);
                }
                BookingChange::Done { id } => {
                    let place = self.place(id);
                    self.kept[place].is_done = true;
                }
            }
        }
        if changes.is_empty() {
            return;
        }
        let waits = |kept: &&Kept| kept.booking.order_id == order && !kept.is_done;
        assert!(self.kept.iter().filter(waits).count() <= 1, "one visit at a time");
        self.workforce.bookings = self.kept.iter().map(|kept| kept.booking.clone()).collect();
    }

    /// The visit that an order waits for is the one that is kept.
    pub fn agrees_with(&self, order: &Order) {
        let waits = |kept: &&Kept| kept.booking.order_id == order.id && !kept.is_done;
        let kept = self.kept.iter().find(waits).map(|kept| &kept.id);
        let is_booked = |visit: &&Appointment| visit.state == AppointmentState::Booked;
        let booked = order.appointment.as_ref().filter(is_booked).map(|visit| &visit.id);
        assert_eq!(kept, booked, "the visit of {}", order.id);
    }

    fn place(&self, id: &str) -> usize {
        let place = self.kept.iter().position(|kept| kept.id == id && !kept.is_done);
        place.unwrap_or_else(|| panic!("{id} is not booked"))
    }
}

fn touches(other: &Kept, from: Instant, to: Instant, travel_ms: i64) -> bool {
    let travel_ms = travel_ms.max(other.travel_ms);
    from < other.booking.to.plus_ms(travel_ms) && other.booking.from < to.plus_ms(travel_ms)
}
