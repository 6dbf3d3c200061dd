// Exceptions: through frames that clean up, by base class, rethrown, nested, out of constructors, across
// threads, out of functions that may not throw; and what is known of a type at run time.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeindex>
#include <typeinfo>
#include <vector>

namespace
{

struct Trace {
    explicit Trace(std::string name) : name(std::move(name))
    {
        std::cout << '+' << this->name << '\n';
    }
    ~Trace()
    {
        std::cout << '-' << name << '\n';
    }
    std::string name;
};

struct Shape {
    virtual ~Shape() = default;
    virtual const char *name() const
    {
        return "shape";
    }
};
struct Named {
    virtual ~Named() = default;
};
struct Circle : Shape, virtual Named {
    const char *name() const override
    {
        return "circle";
    }
};
struct Square : Shape {
};

struct Refused : std::runtime_error {
    Refused(const std::string &what, int code) : std::runtime_error(what), code(code)
    {
    }
    int code;
};

[[gnu::noinline]] int descend(int depth)
{
    Trace here("frame " + std::to_string(depth));
    if (depth == 0)
        throw Refused("at the bottom", 42);
    return descend(depth - 1) + 1;
}

void frames()
{
    try {
        descend(5);
    } catch (const std::logic_error &) {
        std::cout << "the wrong handler\n";
    } catch (const std::runtime_error &error) {
        std::cout << error.what() << ' ' << dynamic_cast<const Refused &>(error).code << '\n';
    }
}

struct Parts {
    Trace first{ "first" };
    Trace second{ "second" };
    Parts()
    {
        throw 7;
    }
};

void constructors()
{
    try {
        std::vector<std::unique_ptr<Parts>> parts;
        parts.push_back(std::make_unique<Parts>());
    } catch (int number) {
        std::cout << "thrown by a constructor: " << number << '\n';
    }
    try {
        Trace traces[] = { Trace("a"), Trace("b"), Trace(std::string(1, 'c').substr(2)) };
    } catch (const std::out_of_range &) {
        std::cout << "out of range, and what was made is gone\n";
    }
}

void nested(const std::exception &error, int level = 0)
{
    std::cout << std::string(level, ' ') << error.what() << '\n';
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception &inner) {
        nested(inner, level + 1);
    }
}

void rethrown()
{
    try {
        try {
            try {
                throw std::invalid_argument("inner");
            } catch (...) {
                std::throw_with_nested(std::runtime_error("middle"));
            }
        } catch (...) {
            std::throw_with_nested(Refused("outer", 1));
        }
    } catch (const std::exception &error) {
        nested(error);
    }
    try {
        try {
            throw Refused("again", 2);
        } catch (std::exception &) {
            throw;
        }
    } catch (Refused &error) {
        std::cout << error.what() << ' ' << error.code << ", uncaught "
                  << std::uncaught_exceptions() << '\n';
    }
}

void threads()
{
    std::exception_ptr held;
    std::thread([&] {
        try {
            descend(2);
        } catch (...) {
            held = std::current_exception();
        }
    }).join();
    for (int i = 0; i < 2; i++) {
        try {
            std::rethrow_exception(held);
        } catch (const Refused &error) {
            std::cout << "from another thread: " << error.what() << ' ' << error.code << '\n';
        }
    }
    auto answer =
        std::async(std::launch::async, []() -> int { throw std::domain_error("in a task"); });
    try {
        answer.get();
    } catch (const std::domain_error &error) {
        std::cout << error.what() << '\n';
    }
}

// Many at once: the unwinder's tables are shared.
void crowd()
{
    std::vector<std::thread> threads;
    std::vector<long> sums(8);
    for (size_t i = 0; i < sums.size(); i++)
        threads.emplace_back([&sums, i] {
            for (int n = 0; n < 500; n++) {
                try {
                    std::function<void(int)> fall = [&](int depth) {
                        std::string kept(64, 'x');
                        if (depth == 0)
                            throw n;
                        fall(depth - 1);
                        sums[i] += static_cast<long>(kept.size());
                    };
                    fall(n % 7);
                } catch (int number) {
                    sums[i] += number;
                }
            }
        });
    for (auto &thread : threads)
        thread.join();
    for (long sum : sums)
        std::cout << sum << ' ';
    std::cout << '\n';
}

void types()
{
    Circle circle;
    Square square;
    for (const Shape *shape :
         { static_cast<const Shape *>(&circle), static_cast<const Shape *>(&square) }) {
        std::cout << shape->name() << ' ' << typeid(*shape).name() << ' '
                  << (dynamic_cast<const Circle *>(shape) != nullptr) << ' '
                  << (dynamic_cast<const Named *>(shape) != nullptr) << ' '
                  << (std::type_index(typeid(*shape)) == std::type_index(typeid(Circle))) << '\n';
    }
    try {
        (void)dynamic_cast<Circle &>(static_cast<Shape &>(square));
    } catch (const std::bad_cast &) {
        std::cout << "bad cast\n";
    }
    try {
        Shape *none = nullptr;
        std::cout << typeid(*none).name() << '\n';
    } catch (const std::bad_typeid &) {
        std::cout << "bad typeid\n";
    }
}

void memory()
{
    try {
        // More than there are addresses; volatile, so that it is asked for.
        volatile size_t size = static_cast<size_t>(1) << 60;
        char *bytes = new char[size];
        bytes[0] = 1;
        std::cout << "too much memory: " << static_cast<int>(bytes[0]) << '\n';
    } catch (const std::bad_alloc &) {
        std::cout << "bad alloc\n";
    }
}

[[noreturn]] void throws()
{
    throw std::runtime_error("out of noexcept");
}

void may_not_throw() noexcept
{
    throws();
}

} // namespace

int main()
{
    frames();
    constructors();
    rethrown();
    threads();
    crowd();
    types();
    memory();
    std::set_terminate([] {
        try {
            std::rethrow_exception(std::current_exception());
        } catch (const std::exception &error) {
            std::cout << "terminate: " << error.what() << std::endl;
        }
        std::_Exit(3);
    });
    may_not_throw();
}
