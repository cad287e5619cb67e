//! Serves a manifest until Ctrl-C: `cargo run -p oms-host --example serve -- spin.toml 127.0.0.1:3000`.

use oms_host::HostOptions;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut options = HostOptions::new(arguments.next().unwrap_or_else(|| "spin.toml".to_owned()));
    if let Some(listen) = arguments.next() {
        options.listen = listen.parse()?;
    }
    for assignment in arguments {
        let (name, value) =
            assignment.split_once('=').ok_or("variables have the form name=value")?;
        options.variables.insert(name.to_owned(), value.to_owned());
    }
    let host = oms_host::start(options, &|message| eprintln!("{message}")).await?;
    tokio::signal::ctrl_c().await?;
    host.stop().await;
    Ok(())
}
