//! Server-rendered pages of the console.
