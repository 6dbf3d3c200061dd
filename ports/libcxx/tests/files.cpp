// Paths, files and folders below /tmp by std::filesystem, and time by std::chrono.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

namespace
{

namespace fs = std::filesystem;

void write(const fs::path &path, const std::string &text)
{
    std::ofstream(path) << text;
}

// Names in order: a folder has none.
std::vector<std::string> names(const fs::path &folder)
{
    std::vector<std::string> found;
    for (const auto &entry : fs::recursive_directory_iterator(folder))
        found.push_back(entry.path().lexically_relative(folder).string() +
                        (entry.is_directory() ? "/" : ""));
    std::sort(found.begin(), found.end());
    return found;
}

void paths()
{
    fs::path path = "/a/./b//../c.tar.gz";
    std::cout << path.lexically_normal() << ' ' << path.filename() << ' ' << path.stem() << ' '
              << path.extension() << ' ' << path.parent_path() << ' ' << path.is_absolute() << '\n';
    for (const auto &part : path)
        std::cout << part << ',';
    std::cout << (fs::path("x") / "y" / "/z") << ' '
              << fs::path("/a/b").lexically_relative("/a/c/d") << '\n';
}

void tree(const fs::path &base)
{
    std::cout << fs::create_directories(base / "one/two/three")
              << fs::create_directories(base / "one/two") << '\n';
    write(base / "one/file", "some text");
    write(base / "one/two/other", std::string(100000, 'y'));
    fs::create_symlink("file", base / "one/link");
    for (const auto &name : names(base))
        std::cout << name << ' ';
    std::cout << '\n'
              << fs::file_size(base / "one/link") << ' ' << fs::is_symlink(base / "one/link") << ' '
              << fs::read_symlink(base / "one/link") << ' '
              << fs::equivalent(base / "one/link", base / "one/file") << '\n';
    std::cout << fs::copy_file(base / "one/two/other", base / "copy") << ' '
              << fs::file_size(base / "copy") << ' ';
    fs::copy(base / "one", base / "all",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    fs::rename(base / "copy", base / "all/two/renamed");
    fs::resize_file(base / "all/two/renamed", 10);
    for (const auto &name : names(base / "all"))
        std::cout << name << ' ';
    std::cout << fs::file_size(base / "all/two/renamed") << '\n';
}

void refusals(const fs::path &base)
{
    std::error_code error;
    std::cout << fs::exists(base / "nothing") << ' ' << fs::file_size(base / "nothing", error)
              << ' ' << (error == std::errc::no_such_file_or_directory) << ' ';
    fs::remove(base / "one", error);
    std::cout << (error == std::errc::directory_not_empty) << ' '
              << fs::create_directory(base / "one/file/x", error)
              << (error == std::errc::not_a_directory) << '\n';
    try {
        fs::directory_iterator nothing(base / "nothing");
    } catch (const fs::filesystem_error &problem) {
        std::cout << problem.path1().filename() << ' ' << problem.code().message().empty() << '\n';
    }
}

void places(const fs::path &base)
{
    fs::current_path(base / "one");
    std::cout << (fs::current_path() == fs::canonical(base / "one")) << ' '
              << fs::exists("two/three") << ' ' << fs::absolute("file").filename() << ' '
              << fs::weakly_canonical("two/../none").filename() << '\n';
    fs::current_path("/");
    auto space = fs::space(base);
    std::cout << (space.capacity >= space.available) << ' ' << (fs::temp_directory_path() == "/tmp")
              << '\n';
    auto age = fs::file_time_type::clock::now() - fs::last_write_time(base / "one/file");
    std::cout << (age >= std::chrono::seconds(-1) && age < std::chrono::minutes(5)) << ' ';
    fs::last_write_time(base / "one/file",
                        fs::last_write_time(base / "one/file") - std::chrono::hours(1));
    age = fs::file_time_type::clock::now() - fs::last_write_time(base / "one/file");
    std::cout << (age > std::chrono::minutes(59)) << '\n';
    std::cout << fs::remove_all(base) << ' ' << fs::exists(base) << '\n';
}

void times()
{
    using namespace std::chrono;
    sys_days day = year(2026) / November / 22;
    std::cout << day.time_since_epoch().count() << ' ' << weekday(day).c_encoding() << ' '
              << unsigned((year(2028) / February / last).day()) << ' ' << (year(2027) / 2 / 29).ok()
              << '\n';
    hh_mm_ss time(3h + 25min + 7s + 42ms);
    std::cout << time.hours().count() << ':' << time.minutes().count() << ':'
              << time.seconds().count() << '.' << time.subseconds().count() << ' '
              << duration_cast<seconds>(1h).count() << ' ' << round<milliseconds>(1999us).count()
              << '\n';
    auto before = steady_clock::now();
    auto now = system_clock::now();
    std::cout << (steady_clock::now() >= before) << (now.time_since_epoch() > hours(0)) << '\n';
}

} // namespace

int main()
{
    fs::path base = fs::temp_directory_path() / "files-test";
    fs::remove_all(base);
    paths();
    tree(base);
    refusals(base);
    places(base);
    times();
}
