//! Every limit of the product, with its reason. All counts are inclusive.

/// Characters of a short text: a name, a city, a street. Longer than any real one seen in address registers.
pub const NAME_CHARACTERS_MAX: usize = 200;
/// Characters of a code: a tariff, an external id, a stage.
pub const CODE_CHARACTERS_MAX: usize = 64;
/// Characters of a free text: a symptom, a comment, a reason.
pub const COMMENT_CHARACTERS_MAX: usize = 4_000;
/// Characters of a service's key: `service-`, the number of an order, a hyphen, and the id of an item.
pub const SERVICE_KEY_CHARACTERS_MAX: usize = 25 + CODE_CHARACTERS_MAX;
/// Changes and disconnections of one phone that are looked through for what became of a service, the newest ones.
pub const SERVICE_RECORDS_MAX: u32 = 200;
/// Items of one order; a legal entity with more sites registers several orders.
pub const ITEMS_MAX: usize = 50;
/// Characteristics of one item.
pub const CHARACTERISTICS_MAX: usize = 50;
/// Bytes of a JSON request body. The largest order by the limits above stays below it.
pub const JSON_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an uploaded document: a scanned contract of some pages.
pub const UPLOAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Bytes of a coverage or division file: 100,000 rules are about 5 MiB as CSV and 16 MiB as JSON.
pub const COVERAGE_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Entries of one answer of a list.
pub const PAGE_ENTRIES_MAX: u32 = 200;
/// Entries of one answer of a list when the caller names no limit.
pub const PAGE_ENTRIES_DEFAULT: u32 = 50;
/// Characters of the quick search; more words than this find nothing more.
pub const SEARCH_CHARACTERS_MAX: usize = 100;
/// Characters of an Idempotency-Key.
pub const IDEMPOTENCY_KEY_CHARACTERS_MAX: usize = 200;
/// How long a repeated Idempotency-Key is answered as the first time, in milliseconds: 48 hours, twice what is promised.
pub const IDEMPOTENCY_KEPT_MS: i64 = 48 * 60 * 60 * 1000;
/// Beaten coverage rules that a routing decision keeps; more explain nothing.
pub const BEATEN_RULES_MAX: usize = 20;
/// Depth of the organisation tree: a guard against cycles, far above any real operator.
pub const DIVISION_DEPTH_MAX: usize = 32;
/// Divisions of one operator.
pub const DIVISIONS_MAX: usize = 20_000;
/// Coverage rules of one operator.
pub const COVERAGE_RULES_MAX: usize = 500_000;
/// House ranges that one range is compared with when crossings are looked for; a street whose ranges cross more often is
/// told of some, and the check stays quick.
pub const COVERAGE_CROSSINGS_LOOKED_AT_MAX: usize = 64;
/// Orders over which a coverage is laid when it is tried out; the newest of an operator's month.
pub const COVERAGE_ORDERS_LOOKED_AT_MAX: usize = 20_000;
/// Orders that one statement reads for it.
pub const COVERAGE_ORDERS_READ_AT_ONCE: u32 = 1_000;
/// Errors, warnings and gaps that the check of a coverage tells, of each; their number is told too.
pub const COVERAGE_FINDINGS_TOLD_MAX: usize = 1_000;
/// Open orders that one request moves after the coverage has changed.
pub const COVERAGE_MOVES_MAX: u32 = 200;
/// Days of orders that are looked at for gaps when the caller names none, and at most.
pub const COVERAGE_GAP_DAYS_DEFAULT: u32 = 30;
pub const COVERAGE_GAP_DAYS_MAX: u32 = 366;
/// Calendars of one operator.
pub const CALENDARS_MAX: usize = 500;
/// Holidays of a calendar, and moved days of it: thirty years of either.
pub const CALENDAR_DAYS_MAX: usize = 1_000;
/// Working intervals of one day.
pub const CALENDAR_INTERVALS_MAX: usize = 12;
/// Days that are looked at when working time is counted, fifty years; what lies beyond counts every minute.
pub const CALENDAR_SPANS_MAX: usize = 20_000;
/// Rungs of a ladder, and repetitions of one: people stop reading long before.
pub const LADDER_RUNGS_MAX: usize = 20;
pub const LADDER_REPEATS_MAX: u32 = 20;
/// Receivers of one rung: more are a mailing list, which has one address.
pub const LADDER_RECEIVERS_MAX: usize = 20;
/// Orders that must have left a stage lately before its median counts for others: among fewer one odd order decides.
pub const STAGE_SAMPLES_MIN: u32 = 5;
/// Orders that left a stage on which its median is measured, the latest ones; more do not move it.
pub const STAGE_SAMPLES_MAX: u32 = 200;
/// How long ago an order may have left a stage to count, in milliseconds: 90 days. Who worked there before has changed.
pub const STAGE_TIMES_KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// How long the medians stay as they are before the tick measures them anew, in milliseconds: an hour.
pub const STAGE_MEDIANS_KEPT_MS: i64 = 60 * 60 * 1000;
/// Attempts at an effect before it becomes fallout: with the delays below about two hours.
pub const EFFECT_ATTEMPTS_MAX: i64 = 32;
/// Delay before the second attempt at an effect, in milliseconds; it doubles with every attempt.
pub const EFFECT_RETRY_DELAY_MS_MIN: i64 = 1_000;
/// Longest delay between two attempts at an effect, in milliseconds.
pub const EFFECT_RETRY_DELAY_MS_MAX: i64 = 5 * 60 * 1000;
/// How long one executor owns an effect, in milliseconds. Longer than the slowest honest execution.
pub const EFFECT_LEASE_MS: i64 = 60 * 1000;
/// Effects that one executor claims at once.
pub const EFFECTS_CLAIMED_MAX: u32 = 16;
/// Orders that one tick looks at in one round, and rounds in one tick: a tick has an end.
pub const TICK_ORDERS_MAX: u32 = 100;
pub const TICK_ROUNDS_MAX: u32 = 50;
/// Times a use case reloads an order that somebody else changed meanwhile, before it answers that the order is busy.
pub const STALE_RETRIES_MAX: u32 = 8;
/// Automatic transitions that one decision may take in a row.
pub const AUTOMATIC_TRANSITIONS_MAX: usize = 8;

/// A scenario with more stages is not one that people can oversee.
pub const SCENARIO_STAGES_MAX: usize = 60;
/// Transitions of a scenario.
pub const SCENARIO_TRANSITIONS_MAX: usize = 200;
/// Characters of a login: what people still type.
pub const LOGIN_CHARACTERS_MAX: usize = 40;
/// Characters of a password: below, guessing pays; above, hashing only costs.
pub const PASSWORD_CHARACTERS_MIN: usize = 10;
pub const PASSWORD_CHARACTERS_MAX: usize = 128;
/// Failed log-ins after which nobody may try for a while, and that while in milliseconds: 15 minutes. Twenty guesses an
/// hour find no password.
pub const LOGIN_FAILURES_MAX: i64 = 5;
pub const LOGIN_LOCK_MS: i64 = 15 * 60 * 1000;
/// Time steps of a one-time code before and after the present one that are taken: clocks differ (RFC 6238, section 5.2).
pub const TOTP_STEPS_TOLERATED: i64 = 1;
/// How long a session lasts, in milliseconds: 12 hours, a long working day.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// How long a subscriber's one-time code can be used, in milliseconds: 15 minutes. Long enough to be read out and typed;
/// not longer than a lock lasts, so that the guesses that lock it are the last ones at this code.
pub const ACCESS_CODE_MS: i64 = 15 * 60 * 1000;
/// How long a subscriber's session lasts, in milliseconds: two hours, since the next one takes a call.
pub const SUBSCRIBER_SESSION_MS: i64 = 2 * 60 * 60 * 1000;
/// Statements, each of the most entries of a page, that look for a subscriber's orders or for the history of one: a phone
/// with a thousand orders is a dealer's.
pub const PROFILE_READS_MAX: usize = 5;
/// Staff of one operator, which one answer lists.
pub const STAFF_MAX: usize = 20_000;
/// Roles of one operator.
pub const ROLES_MAX: usize = 1_000;
/// Grants that one caller has, with those of the absent.
pub const GRANTS_MAX: usize = 200;
/// Rights that one role or token may name; there are fewer.
pub const RIGHTS_MAX: usize = 100;

/// Technicians of one operator.
pub const TECHNICIANS_MAX: usize = 5_000;
/// Bytes of the list of technicians: the most technicians with an ordinary year of shifts and absences each.
pub const TECHNICIANS_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Skills of one technician.
pub const SKILLS_MAX: usize = 50;
/// Intervals of one working day: breaks for meals and prayers leave room to spare.
pub const HOURS_PER_DAY_MAX: usize = 8;
/// Shifts of one technician: a year of days, and some.
pub const SHIFTS_MAX: usize = 400;
/// Absences of one person that are kept.
pub const ABSENCES_MAX: usize = 200;
/// Minutes between two visits of a technician.
pub const TRAVEL_BUFFER_MINUTES_MAX: u32 = 240;
/// Minutes of a visit, from and to: shorter is a telephone call, longer is a project.
pub const VISIT_MINUTES_MIN: u32 = 15;
pub const VISIT_MINUTES_MAX: u32 = 720;
/// Minutes of a visit when a question for free slots names none.
pub const VISIT_MINUTES_DEFAULT: u32 = 60;
/// Days ahead in which a slot is looked for when none is asked for.
pub const SLOT_HORIZON_DAYS: i64 = 14;
/// Days ahead for which a slot can be asked for; nobody knows the shifts of later.
pub const SLOT_AHEAD_DAYS_MAX: i64 = 90;
/// Free slots that are told when the one asked for is taken.
pub const SLOTS_TOLD: usize = 5;
/// Versions of built-in scenarios are numbered up to this, an operator's own after it: a new version of the product never
/// takes the number of one of theirs, in which orders may be under way.
pub const BUILT_IN_VERSION_MAX: u32 = 1_000;
/// Individual scenarios that one instance keeps read; an operator has fewer in use.
pub const SCENARIOS_KEPT_MAX: usize = 64;
/// Running orders that one request moves to another scenario, each in a save of its own.
pub const MIGRATION_ORDERS_MAX: u32 = 200;
/// Open orders among which one such request looks for them, and that one statement reads.
pub const MIGRATION_ORDERS_LOOKED_AT_MAX: usize = 20_000;
pub const MIGRATION_ORDERS_READ_AT_ONCE: u32 = 1_000;
/// Stages that are named for a migration: those of the largest scenario.
pub const MIGRATION_STAGES_MAX: usize = SCENARIO_STAGES_MAX;
