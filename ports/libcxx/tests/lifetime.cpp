// When objects begin and end: statics of a program and of functions, thread_local ones, atexit, and the order of all.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace
{

// By stdio, which is there before and after every stream of the C++ library.
struct Told {
    explicit Told(const char *name) : name(name)
    {
        std::printf("begin %s\n", name);
    }
    ~Told()
    {
        std::printf("end %s\n", name);
    }
    const char *name;
};

Told first("first static");
Told second("second static");
[[gnu::init_priority(200)]] Told early("early static");

std::mutex output;
int ended = 0;

struct OfThread {
    explicit OfThread(const char *name) : name(name)
    {
    }
    ~OfThread()
    {
        std::lock_guard lock(output);
        ended += value;
        std::cout << "end of " << name << " with " << value << '\n';
    }
    const char *name;
    int value = 0;
};

thread_local OfThread one("one");
thread_local OfThread two("two");
thread_local std::string text = "a string that is too long to be kept inside";
thread_local int counter = 5;

int once_calls = 0;

int once()
{
    static int value = [] {
        once_calls++;
        return 11;
    }();
    return value;
}

struct Fails {
    explicit Fails(int &tries)
    {
        if (++tries < 3)
            throw tries;
    }
};

// A static whose initialisation throws is tried again.
int tries()
{
    int count = 0;
    for (int i = 0; i < 5; i++) {
        try {
            static Fails fails(count);
        } catch (int number) {
            std::cout << "try " << number << " failed\n";
        }
    }
    return count;
}

void in_threads()
{
    for (int i = 1; i <= 3; i++) {
        std::thread([i] {
            one.value = i;
            two.value = i * 10;
            text += std::to_string(i);
            counter += i;
            std::lock_guard lock(output);
            std::cout << text << ' ' << counter << '\n';
        }).join();
    }
    std::cout << "all ended: " << ended << ", mine are " << counter << " and '" << text << "'\n";
}

void in_a_crowd()
{
    std::vector<std::thread> threads;
    int sum = 0;
    for (int i = 0; i < 16; i++)
        threads.emplace_back([&sum] {
            int value = once();
            std::lock_guard lock(output);
            sum += value;
        });
    for (auto &thread : threads)
        thread.join();
    std::cout << "once: " << once_calls << ", sum " << sum << '\n';
}

} // namespace

int main()
{
    Told automatic("automatic");
    static Told local("local static");
    std::atexit([] { std::cout << "atexit" << std::endl; });
    in_threads();
    in_a_crowd();
    std::cout << "tries: " << tries() << '\n';
    one.value = 100;
    std::cout << "end of main" << std::endl;
    return 0;
}
