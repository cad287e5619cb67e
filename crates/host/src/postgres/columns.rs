//! Values of PostgreSQL as guests take them. A type that has no counterpart comes as its bytes.

use std::error::Error;

use bytes::Buf;
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::Decimal;
use tokio_postgres::{
    Row,
    types::{FromSql, Type},
};
use uuid::Uuid;

use crate::bindings::spin::postgres::postgres::{DbDataType, DbValue, Interval};

/// How a guest knows a type.
pub(super) fn data_type(kind: &Type) -> DbDataType {
    match *kind {
        Type::BOOL => DbDataType::Boolean,
        Type::BYTEA => DbDataType::Binary,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbDataType::Str,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DbDataType::Datetime,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::UUID => DbDataType::Uuid,
        Type::JSONB => DbDataType::Jsonb,
        Type::NUMERIC => DbDataType::Decimal,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DbDataType::ArrayStr,
        Type::INTERVAL => DbDataType::Interval,
        _ => DbDataType::Other(kind.name().to_owned()),
    }
}

/// All values of a row; the error says which can't be read.
pub(super) fn convert(row: &Row) -> Result<Vec<DbValue>, String> {
    (0..row.len()).map(|index| value(row, index)).collect()
}

fn value(row: &Row, index: usize) -> Result<DbValue, String> {
    match *row.columns()[index].type_() {
        Type::BOOL => get(row, index, DbValue::Boolean),
        Type::BYTEA => get(row, index, DbValue::Binary),
        Type::FLOAT4 => get(row, index, DbValue::Floating32),
        Type::FLOAT8 => get(row, index, DbValue::Floating64),
        Type::INT2 => get(row, index, DbValue::Int16),
        Type::INT4 => get(row, index, DbValue::Int32),
        Type::INT8 => get(row, index, DbValue::Int64),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => get(row, index, DbValue::Str),
        // As in Spin, a time with a zone is called a datetime and then can't be read as one.
        Type::TIMESTAMP | Type::TIMESTAMPTZ => get(row, index, datetime),
        Type::DATE => get(row, index, date),
        Type::TIME => get(row, index, time),
        Type::UUID => get(row, index, |id: Uuid| DbValue::Uuid(id.to_string())),
        Type::JSONB => get(row, index, |Jsonb(text)| DbValue::Jsonb(text)),
        Type::NUMERIC => get(row, index, |number: Decimal| DbValue::Decimal(number.to_string())),
        Type::INT4_ARRAY => get(row, index, DbValue::ArrayInt32),
        Type::INT8_ARRAY => get(row, index, DbValue::ArrayInt64),
        Type::NUMERIC_ARRAY => get(row, index, |numbers: Vec<Option<Decimal>>| {
            let texts = numbers.into_iter().map(|number| number.map(|number| number.to_string()));
            DbValue::ArrayDecimal(texts.collect())
        }),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => {
            get(row, index, DbValue::ArrayStr)
        }
        Type::INTERVAL => get(row, index, |IntervalColumn(interval)| DbValue::Interval(interval)),
        _ => get(row, index, |Bytes(bytes)| DbValue::Unsupported(bytes)),
    }
}

fn get<'a, T: FromSql<'a>>(
    row: &'a Row,
    index: usize,
    into_value: impl FnOnce(T) -> DbValue,
) -> Result<DbValue, String> {
    let value = row.try_get::<_, Option<T>>(index).map_err(|error| match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })?;
    Ok(value.map_or(DbValue::DbNull, into_value))
}

fn datetime(value: NaiveDateTime) -> DbValue {
    let (year, month, day) = date_parts(value.date());
    let (hour, minute, second, nanosecond) = time_parts(value.time());
    DbValue::Datetime((year, month, day, hour, minute, second, nanosecond))
}

fn date(value: NaiveDate) -> DbValue {
    DbValue::Date(date_parts(value))
}

fn time(value: NaiveTime) -> DbValue {
    DbValue::Time(time_parts(value))
}

fn date_parts(date: NaiveDate) -> (i32, u8, u8) {
    (date.year(), small(date.month()), small(date.day()))
}

fn time_parts(time: NaiveTime) -> (u8, u8, u8, u32) {
    (small(time.hour()), small(time.minute()), small(time.second()), time.nanosecond())
}

/// Months, days, hours, minutes and seconds are all below 256.
fn small(part: u32) -> u8 {
    u8::try_from(part).unwrap_or(u8::MAX)
}

type Read<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// The text of a JSON value, as the server writes it.
struct Jsonb(Vec<u8>);

impl FromSql<'_> for Jsonb {
    fn from_sql(_: &Type, raw: &[u8]) -> Read<Self> {
        match raw.split_first() {
            Some((1, text)) => Ok(Self(text.to_vec())),
            _ => Err("unexpected binary format for Postgres JSONB".into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSONB
    }
}

struct IntervalColumn(Interval);

impl FromSql<'_> for IntervalColumn {
    fn from_sql(_: &Type, mut raw: &[u8]) -> Read<Self> {
        if raw.len() != 16 {
            return Err("unexpected binary format for Postgres INTERVAL".into());
        }
        let (micros, days, months) = (raw.get_i64(), raw.get_i32(), raw.get_i32());
        Ok(Self(Interval { micros, days, months }))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::INTERVAL
    }
}

/// A value of any type, unread.
struct Bytes(Vec<u8>);

impl FromSql<'_> for Bytes {
    fn from_sql(_: &Type, raw: &[u8]) -> Read<Self> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
