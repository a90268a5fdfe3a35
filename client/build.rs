//! Makes the committed schema known to cynic: a query that does not fit it does not compile.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    cynic_codegen::register_schema("standby")
        .from_sdl_file("../schema.graphql")?
        .as_default()?;
    Ok(())
}
