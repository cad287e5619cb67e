//! Values of guests as PostgreSQL takes them.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::de::IgnoredAny;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::bindings::spin::postgres::postgres::{Interval, ParameterValue};

pub(super) type Parameter = Box<dyn ToSql + Send + Sync>;

/// All parameters of a statement; the error names the first that can't be one.
pub(super) fn convert(values: Vec<ParameterValue>) -> Result<Vec<Parameter>, String> {
    values.into_iter().map(parameter).collect()
}

fn parameter(value: ParameterValue) -> Result<Parameter, String> {
    Ok(match value {
        ParameterValue::Boolean(value) => Box::new(value),
        ParameterValue::Int8(value) => Box::new(value),
        ParameterValue::Int16(value) => Box::new(value),
        ParameterValue::Int32(value) => Box::new(value),
        ParameterValue::Int64(value) => Box::new(value),
        ParameterValue::Floating32(value) => Box::new(value),
        ParameterValue::Floating64(value) => Box::new(value),
        ParameterValue::Str(text) => Box::new(text),
        ParameterValue::Binary(bytes) => Box::new(bytes),
        ParameterValue::Date((year, month, day)) => Box::new(date(year, month, day)?),
        ParameterValue::Time((hour, minute, second, nanosecond)) => {
            Box::new(time(hour, minute, second, nanosecond)?)
        }
        ParameterValue::Datetime((year, month, day, hour, minute, second, nanosecond)) => {
            let time = time(hour, minute, second, nanosecond)?;
            Box::new(NaiveDateTime::new(date(year, month, day)?, time))
        }
        ParameterValue::Timestamp(seconds) => Box::new(
            DateTime::<Utc>::from_timestamp(seconds, 0)
                .ok_or_else(|| format!("invalid epoch timestamp {seconds}"))?,
        ),
        ParameterValue::Uuid(text) => Box::new(
            Uuid::parse_str(&text).map_err(|error| format!("invalid UUID {text}: {error}"))?,
        ),
        ParameterValue::Jsonb(bytes) => Box::new(Json::new(bytes)?),
        ParameterValue::Decimal(text) => Box::new(decimal(&text)?),
        ParameterValue::ArrayInt32(values) => Box::new(values),
        ParameterValue::ArrayInt64(values) => Box::new(values),
        ParameterValue::ArrayStr(texts) => Box::new(texts),
        ParameterValue::ArrayDecimal(texts) => {
            let decimals = texts.iter().map(|text| text.as_deref().map(decimal).transpose());
            Box::new(decimals.collect::<Result<Vec<_>, _>>()?)
        }
        ParameterValue::Interval(interval) => Box::new(IntervalParameter(interval)),
        ParameterValue::DbNull => Box::new(Null),
        ParameterValue::RangeInt32(_)
        | ParameterValue::RangeInt64(_)
        | ParameterValue::RangeDecimal(_) => {
            return Err("ranges aren't supported by the embedded host".to_owned());
        }
    })
}

fn date(year: i32, month: u8, day: u8) -> Result<NaiveDate, String> {
    NaiveDate::from_ymd_opt(year, month.into(), day.into())
        .ok_or_else(|| format!("invalid date y={year}, m={month}, d={day}"))
}

fn time(hour: u8, minute: u8, second: u8, nanosecond: u32) -> Result<NaiveTime, String> {
    NaiveTime::from_hms_nano_opt(hour.into(), minute.into(), second.into(), nanosecond)
        .ok_or_else(|| format!("invalid time {hour}:{minute}:{second}:{nanosecond}"))
}

fn decimal(text: &str) -> Result<Decimal, String> {
    Decimal::from_str_exact(text).map_err(|error| format!("invalid decimal {text}: {error}"))
}

type Written = Result<IsNull, Box<dyn Error + Sync + Send>>;

/// JSON as text, for columns of both kinds.
#[derive(Debug)]
struct Json(Vec<u8>);

impl Json {
    fn new(bytes: Vec<u8>) -> Result<Self, String> {
        match serde_json::from_slice::<IgnoredAny>(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(error) => Err(format!("invalid JSON {}: {error}", String::from_utf8_lossy(&bytes))),
        }
    }
}

impl ToSql for Json {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Written {
        if *kind == Type::JSONB {
            // The version of the format.
            out.put_u8(1);
        }
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::JSON | Type::JSONB)
    }

    to_sql_checked!();
}

#[derive(Debug)]
struct IntervalParameter(Interval);

impl ToSql for IntervalParameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Written {
        out.put_i64(self.0.micros);
        out.put_i32(self.0.days);
        out.put_i32(self.0.months);
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::INTERVAL
    }

    to_sql_checked!();
}

/// NULL of whatever type the statement wants.
#[derive(Debug)]
struct Null;

impl ToSql for Null {
    fn to_sql(&self, _: &Type, _: &mut BytesMut) -> Written {
        Ok(IsNull::Yes)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_values_are_named() {
        let cases = [
            (ParameterValue::Date((2026, 2, 30)), "invalid date y=2026, m=2, d=30"),
            (ParameterValue::Time((24, 0, 0, 0)), "invalid time 24:0:0:0"),
            (ParameterValue::Datetime((2026, 1, 1, 1, 60, 0, 0)), "invalid time 1:60:0:0"),
            (ParameterValue::Timestamp(i64::MAX), "invalid epoch timestamp"),
            (ParameterValue::Uuid("x".to_owned()), "invalid UUID x"),
            (ParameterValue::Jsonb(b"{".to_vec()), "invalid JSON {"),
            (ParameterValue::Decimal("1.x".to_owned()), "invalid decimal 1.x"),
            (ParameterValue::ArrayDecimal(vec![Some("y".to_owned())]), "invalid decimal y"),
            (ParameterValue::RangeInt32((None, None)), "ranges aren't supported"),
        ];
        for (value, expected) in cases {
            let name = format!("{value:?}");
            let error = convert(vec![ParameterValue::Boolean(true), value]).expect_err(&name);
            assert!(error.starts_with(expected), "{name}: {error}");
        }
    }
}
