// Streams: numbers in every form, manipulators, reading, files, string streams, wide characters, user-defined types.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <limits>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

namespace
{

struct Point {
    int x, y;
    friend std::ostream &operator<<(std::ostream &out, const Point &point)
    {
        return out << '(' << point.x << ", " << point.y << ')';
    }
    friend std::istream &operator>>(std::istream &in, Point &point)
    {
        char open, comma, close;
        if (in >> open >> point.x >> comma >> point.y >> close &&
            (open != '(' || comma != ',' || close != ')'))
            in.setstate(std::ios::failbit);
        return in;
    }
};

void integers()
{
    for (long long number :
         { 0LL, 1LL, -1LL, 255LL, 1234567LL, std::numeric_limits<long long>::min() })
        std::cout << std::dec << number << ' ' << std::hex << std::showbase << number << ' '
                  << std::oct << number << ' ' << std::dec << std::showpos << number
                  << std::noshowpos << std::noshowbase << '\n';
    std::cout << std::setw(8) << 42 << '|' << std::left << std::setw(8) << 42 << '|'
              << std::internal << std::setfill('*') << std::setw(8) << -42 << '|' << std::right
              << std::setfill(' ') << '\n';
    std::cout << std::uppercase << std::hex << 48879 << std::nouppercase << std::dec << ' '
              << std::boolalpha << true << std::noboolalpha << false << ' '
              << static_cast<void *>(nullptr) << '\n';
}

void reals()
{
    const double values[] = {
        0.0,  -0.0,          1.0,           0.1,      1.0 / 3,   -2.5e-7,
        1e21, 123456789.125, 6.02214076e23, INFINITY, -INFINITY, std::numeric_limits<double>::min()
    };
    for (double value : values) {
        std::cout << value << ' ' << std::fixed << std::setprecision(3) << value << ' '
                  << std::scientific << value << ' ' << std::hexfloat << value << ' '
                  << std::defaultfloat << std::setprecision(17) << value << std::setprecision(6)
                  << '\n';
    }
    std::cout << std::showpoint << 2.0 << std::noshowpoint << ' ' << std::nan("") << ' ' << 1.5f
              << '\n';
}

void reading()
{
    std::istringstream in("17 -5 0x1f 077 3.25 1e3 word (3,4) true.");
    int a, b;
    long hex, octal;
    double c, d;
    std::string word;
    Point point;
    bool yes;
    in >> a >> b >> std::hex >> hex >> std::oct >> octal >> std::dec >> c >> d >> word >> point >>
        std::boolalpha >> yes;
    std::cout << a << ' ' << b << ' ' << hex << ' ' << octal << ' ' << c << ' ' << d << ' ' << word
              << ' ' << point << ' ' << yes << ' ' << in.eof() << in.fail() << '\n';
    std::istringstream bad("99999999999 x (1;2)");
    int number = 0;
    bad >> number;
    std::cout << number << ' ' << bad.fail() << '\n';
    bad.clear();
    bad >> word >> point;
    std::cout << word << ' ' << bad.fail() << '\n';
    std::istringstream lines("one\ntwo;three\n\nlast");
    for (std::string line; std::getline(lines, line);)
        std::cout << '[' << line << ']';
    std::cout << '\n';
    try {
        std::istringstream strict("x");
        strict.exceptions(std::ios::failbit);
        strict >> number;
    } catch (const std::ios_base::failure &) {
        std::cout << "it throws when it is asked to\n";
    }
}

void files()
{
    const char *name = "/tmp/streams-test.txt";
    {
        std::ofstream out(name);
        for (int i = 0; i < 10000; i++)
            out << i << ' ' << i * i << '\n';
    }
    std::ifstream in(name);
    long long sum = 0;
    int count = 0;
    for (int n, square; in >> n >> square; count++)
        sum += square;
    std::cout << count << ' ' << sum << ' ' << in.eof() << '\n';
    std::fstream both(name, std::ios::in | std::ios::out | std::ios::binary);
    both.seekp(0, std::ios::end);
    std::cout << both.tellp() << '\n';
    both.seekp(2);
    both << "HERE";
    both.seekg(0);
    std::string word;
    both >> word >> word;
    std::cout << word << ' ' << std::ifstream("/tmp/not-there").is_open() << '\n';
    std::ifstream whole(name, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(whole)), {});
    std::cout << bytes.size() << ' ' << bytes.substr(0, 12) << '\n';
    std::remove(name);
}

// Digits in groups, by a facet of the program's own.
struct Grouped : std::numpunct<char> {
    char do_thousands_sep() const override
    {
        return '\'';
    }
    std::string do_grouping() const override
    {
        return "\3";
    }
    char do_decimal_point() const override
    {
        return ',';
    }
};

void locales()
{
    std::ostringstream out;
    out.imbue(std::locale(std::locale::classic(), new Grouped));
    out << 1234567 << ' ' << 1234.5;
    std::cout << out.str() << ' ' << std::locale().name() << '\n';
    std::wostringstream wide;
    wide << L"wide " << 42 << L' ' << std::hex << 255;
    std::wstring text = wide.str();
    std::cout << text.size() << ' ' << std::string(text.begin(), text.end()) << '\n';
    std::tm day = {};
    day.tm_year = 126, day.tm_mon = 10, day.tm_mday = 22, day.tm_hour = 21, day.tm_wday = 0;
    std::cout << std::put_time(&day, "%Y-%m-%d %H:%M:%S %a %b") << '\n';
    std::cout << std::quoted("a \"quoted\" text") << '\n';
}

} // namespace

int main()
{
    integers();
    reals();
    reading();
    files();
    locales();
    std::copy_n(std::vector{ 1, 2, 3 }.begin(), 3, std::ostream_iterator<int>(std::cout, ","));
    std::cout << std::endl;
    std::clog << "and this goes elsewhere\n";
    return std::cout.good() ? 0 : 1;
}
