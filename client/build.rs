//! Makes the committed schema known to cynic: a query that does not fit it does not compile.

fn main() {
    cynic_codegen::register_schema("standby")
        .from_sdl_file("../schema.graphql")
        .expect("the schema next to this crate is readable GraphQL")
        .as_default()
        .expect("only one schema is the default");
}
