// What programs are made of: strings, containers, algorithms, regular expressions, ranges, variants, numbers as
// text, memory resources, random numbers of the engines whose sequence the standard fixes.
#include <algorithm>
#include <any>
#include <bitset>
#include <charconv>
#include <complex>
#include <deque>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <ranges>
#include <regex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <valarray>
#include <variant>
#include <vector>

namespace
{

void strings()
{
    std::string text = "the quick brown fox jumps over the lazy dog";
    std::map<char, int> letters;
    for (char letter : text)
        letters[letter]++;
    for (auto [letter, count] : letters)
        std::cout << letter << count;
    std::cout << '\n'
              << text.find("fox") << ' ' << text.rfind("the") << ' ' << text.find_first_of("xyz")
              << '\n';
    text.replace(4, 5, "slow").insert(0, 3, '>').erase(text.size() - 3);
    std::cout << text << ' ' << std::string_view(text).substr(3, 3) << '\n';
    std::cout << std::stoi("-12") << ' ' << std::stoull("ff", nullptr, 16) << ' '
              << std::stod("2.5e3") << ' ' << std::to_string(3.5) << ' '
              << std::u32string(U"\u00e4\u20ac").size() << '\n';
    char digits[64];
    for (double number : { 0.1, 1e100, 123456.789, 5e-324 }) {
        auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        std::cout << std::string(digits, end) << ' ';
    }
    int value = 0;
    auto read = std::from_chars("1234x", &"1234x"[5], value);
    std::cout << value << ' ' << *read.ptr << '\n';
}

void containers()
{
    std::mt19937 engine(20261122);
    std::vector<unsigned> numbers(10000);
    std::generate(numbers.begin(), numbers.end(), std::ref(engine));
    std::set<unsigned> tree(numbers.begin(), numbers.end());
    std::unordered_map<unsigned, size_t> places;
    for (size_t i = 0; i < numbers.size(); i++)
        places[numbers[i]] = i;
    std::priority_queue<unsigned> heap(numbers.begin(), numbers.end());
    std::list<unsigned> list(numbers.begin(), numbers.end());
    std::deque<unsigned> deque(numbers.begin(), numbers.end());
    list.sort();
    std::sort(deque.begin(), deque.end());
    std::sort(numbers.begin(), numbers.end());
    std::cout << tree.size() << ' ' << places.size() << ' ' << *tree.begin() << ' ' << heap.top()
              << ' ' << std::equal(list.begin(), list.end(), numbers.begin())
              << std::equal(deque.begin(), deque.end(), numbers.begin()) << ' '
              << places.at(numbers[5000]) << '\n';
    std::multimap<int, std::string> several{ { 2, "b" }, { 1, "a" }, { 2, "c" } };
    auto [from, to] = several.equal_range(2);
    for (; from != to; ++from)
        std::cout << from->second;
    auto node = several.extract(1);
    node.key() = 9;
    several.insert(std::move(node));
    std::cout << several.rbegin()->second << ' ' << std::bitset<12>(1234) << '\n';
    try {
        std::vector<int>(3).at(3);
    } catch (const std::out_of_range &) {
        std::cout << "at: out of range\n";
    }
}

void algorithms()
{
    std::vector<int> numbers(20);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::cout << std::accumulate(numbers.begin(), numbers.end(), 1LL,
                                 [](long long a, int b) { return a * b; })
              << ' ' << std::gcd(84, 36) << ' ' << std::lcm(4, 6) << '\n';
    for (int number : numbers | std::views::filter([](int n) { return n % 3 == 0; }) |
                          std::views::transform([](int n) { return n * n; }) | std::views::reverse)
        std::cout << number << ' ';
    std::string word = "abc";
    do
        std::cout << word << ' ';
    while (std::next_permutation(word.begin(), word.end()));
    std::ranges::rotate(numbers, numbers.begin() + 5);
    std::cout << numbers[0] << ' ' << *std::ranges::max_element(numbers) << ' '
              << std::ranges::count_if(std::span(numbers).first(10), [](int n) { return n > 10; })
              << '\n';
    std::valarray<double> values = { 1, 4, 9, 16 };
    std::cout << std::sqrt(values).sum() << ' ' << std::complex(0.0, 1.0) * std::complex(0.0, 1.0)
              << '\n';
}

void expressions()
{
    std::regex address(R"(([\w.]+)@([\w]+\.(?:org|com)))");
    std::string text = "mail to jane.doe@example.org or joe@test.com, not to x@y.net";
    for (std::sregex_iterator match(text.begin(), text.end(), address), end; match != end; ++match)
        std::cout << (*match)[1] << " at " << (*match)[2] << " from " << match->position() << '\n';
    std::cout << std::regex_replace(text, std::regex("\\bto\\b"), "[$&]") << '\n';
    std::smatch date;
    std::string day = "2026-11-22";
    std::cout << std::regex_match(day, date, std::regex("(\\d{4})-(\\d\\d)-(\\d\\d)")) << ' '
              << date[3] << ' ' << std::regex_search("AbC", std::regex("abc", std::regex::icase))
              << '\n';
    try {
        std::regex broken("(unclosed");
    } catch (const std::regex_error &error) {
        std::cout << (error.code() == std::regex_constants::error_paren) << '\n';
    }
}

void vocabulary()
{
    std::variant<int, std::string, double> either = "text";
    std::cout << either.index() << ' '
              << std::visit([](auto &&value) { return sizeof value > 0; }, either) << '\n';
    try {
        std::cout << std::get<int>(either);
    } catch (const std::bad_variant_access &) {
        std::cout << "not an int\n";
    }
    std::optional<int> none;
    std::any anything = std::string("anything");
    std::cout << none.value_or(3) << ' ' << std::any_cast<std::string>(anything) << ' '
              << std::apply([](auto... parts) { return (parts + ...); }, std::tuple(1, 2, 3))
              << '\n';
    auto shared = std::make_shared<int>(4);
    std::weak_ptr<int> weak = shared;
    std::cout << shared.use_count() << weak.expired();
    shared.reset();
    std::cout << weak.expired() << '\n';
    std::byte room[4096];
    std::pmr::monotonic_buffer_resource pool(room, sizeof room, std::pmr::null_memory_resource());
    std::pmr::vector<std::pmr::string> kept(&pool);
    try {
        for (int i = 0; i < 1000; i++)
            kept.emplace_back(100, 'x');
    } catch (const std::bad_alloc &) {
        std::cout << "the pool is empty after some: " << (kept.size() > 5 && kept.size() < 40)
                  << '\n';
    }
    std::function<int(int)> fibonacci = [&](int n) {
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    };
    std::cout << fibonacci(20) << ' ' << std::mt19937_64(1)() << ' ' << std::random_device().max()
              << '\n';
}

} // namespace

int main()
{
    strings();
    containers();
    algorithms();
    expressions();
    vocabulary();
}
