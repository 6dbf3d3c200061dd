# ./swos clean: remove everything that was built.

command_clean()
{
    case ${1-} in
    '') rm -rf build compile_commands.json ;;
    --help | -h) echo 'usage: ./swos clean

Removes build/ and compile_commands.json: everything that was built, and the results of tests.' ;;
    *) usage_error clean "there is no option '$1'" ;;
    esac
}
