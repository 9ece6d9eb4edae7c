fn main() {
    // Migrations are compiled in; a new one must cause a new build.
    println!("cargo:rerun-if-changed=migrations");
}
