# The name of a fuzz target, for people and for its folder in tests/corpus. Sourced.

# fuzz_name PATH: of .../FOLDER/X_fuzz or X_fuzz.c. It is FOLDER_X where tests/corpus has that, and else X.
fuzz_name()
{
    target=$(basename "$1" .c)
    target=${target%_fuzz}
    qualified=$(basename "$(dirname "$1")")_$target
    [ ! -d "tests/corpus/$qualified" ] || target=$qualified
    echo "$target"
}
