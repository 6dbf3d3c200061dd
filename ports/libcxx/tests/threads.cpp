// Threads: mutexes, condition variables, tasks, atomics that wait, latches, barriers, semaphores, stop tokens.
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <iostream>
#include <latch>
#include <mutex>
#include <numeric>
#include <semaphore>
#include <shared_mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace
{

using namespace std::chrono_literals;

// A bounded queue between producers and consumers.
class Queue
{
  public:
    void put(int value)
    {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return items_.size() < 4; });
        items_.push_back(value);
        filled_.notify_one();
    }
    int take()
    {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [this] { return !items_.empty(); });
        int value = items_.front();
        items_.pop_front();
        room_.notify_one();
        return value;
    }

  private:
    std::mutex mutex_;
    std::condition_variable room_, filled_;
    std::deque<int> items_;
};

void queue()
{
    Queue queue;
    std::atomic<long> sum = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++) {
        threads.emplace_back([&queue, i] {
            for (int n = 0; n < 1000; n++)
                queue.put(i * 1000 + n);
        });
        threads.emplace_back([&queue, &sum] {
            for (int n = 0; n < 1000; n++)
                sum += queue.take();
        });
    }
    for (auto &thread : threads)
        thread.join();
    std::cout << "queue: " << sum << '\n';
}

void locks()
{
    std::mutex plain;
    std::recursive_mutex again;
    std::timed_mutex timed;
    std::shared_mutex shared;
    long counts[4] = {};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            for (int n = 0; n < 2000; n++) {
                {
                    std::lock_guard lock(plain);
                    counts[0]++;
                }
                {
                    std::lock_guard outer(again);
                    std::lock_guard inner(again);
                    counts[1]++;
                }
                {
                    std::unique_lock lock(timed, 60s);
                    counts[2] += lock.owns_lock();
                }
                if (n % 4 == 0) {
                    std::unique_lock lock(shared);
                    counts[3]++;
                } else {
                    std::shared_lock lock(shared);
                    (void)static_cast<volatile long &>(counts[3]);
                }
            }
        });
    for (auto &thread : threads)
        thread.join();
    for (long count : counts)
        std::cout << count << ' ';
    std::scoped_lock both(plain, timed);
    bool other = true;
    std::thread([&] { other = timed.try_lock_for(1ms); }).join();
    std::cout << other << '\n';
    try {
        std::unique_lock<std::mutex> none;
        none.lock();
    } catch (const std::system_error &error) {
        std::cout << (error.code() == std::errc::operation_not_permitted) << '\n';
    }
}

void tasks()
{
    std::vector<std::future<long>> parts;
    for (int i = 0; i < 8; i++)
        parts.push_back(std::async(std::launch::async, [i] {
            std::vector<long> numbers(1000);
            std::iota(numbers.begin(), numbers.end(), i * 1000);
            return std::accumulate(numbers.begin(), numbers.end(), 0L);
        }));
    long sum = 0;
    for (auto &part : parts)
        sum += part.get();
    auto later = std::async(std::launch::deferred, [] { return 5; });
    std::cout << "tasks: " << sum << ' ' << (later.wait_for(0s) == std::future_status::deferred)
              << later.get() << '\n';
    std::promise<std::string> promise;
    std::shared_future<std::string> answer = promise.get_future().share();
    std::cout << (answer.wait_for(1ms) == std::future_status::timeout) << ' ';
    std::thread giver([&] { promise.set_value("promised"); });
    std::cout << answer.get() << ' ' << answer.get().size() << '\n';
    giver.join();
    std::future<int> broken;
    {
        std::promise<int> gone;
        broken = gone.get_future();
    }
    try {
        broken.get();
    } catch (const std::future_error &error) {
        std::cout << (error.code() == std::future_errc::broken_promise) << '\n';
    }
    std::packaged_task<int(int, int)> task([](int a, int b) { return a * b; });
    auto product = task.get_future();
    std::thread(std::move(task), 6, 7).join();
    std::cout << product.get() << '\n';
}

void atomics()
{
    std::atomic<int> turn = 0;
    std::thread other([&] {
        for (int i = 0; i < 1000; i++) {
            turn.wait(2 * i);
            turn = 2 * i + 2;
            turn.notify_one();
        }
    });
    for (int i = 0; i < 1000; i++) {
        turn = 2 * i + 1;
        turn.notify_one();
        turn.wait(2 * i + 1);
    }
    other.join();
    std::atomic_flag flag;
    std::cout << "atomics: " << turn << ' ' << flag.test_and_set() << flag.test_and_set() << ' '
              << std::atomic<long>::is_always_lock_free << '\n';
    std::counting_semaphore<8> semaphore(2);
    std::latch started(4);
    std::atomic<int> inside = 0, most = 0;
    int phases = 0;
    std::barrier together(4, [&phases]() noexcept { phases++; });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            started.arrive_and_wait();
            for (int n = 0; n < 50; n++) {
                semaphore.acquire();
                int now = ++inside, seen = most;
                while (seen < now && !most.compare_exchange_weak(seen, now))
                    ;
                --inside;
                semaphore.release();
                together.arrive_and_wait();
            }
        });
    threads.clear();
    std::cout << (most <= 2) << ' ' << phases << '\n';
}

void stops()
{
    std::mutex mutex;
    std::condition_variable_any changed;
    bool stopped = false;
    {
        std::jthread thread([&](std::stop_token token) {
            std::unique_lock lock(mutex);
            stopped = !changed.wait(lock, token, [] { return false; });
        });
    }
    std::once_flag once;
    int calls = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; i++)
        threads.emplace_back([&] { std::call_once(once, [&] { calls++; }); });
    for (auto &thread : threads)
        thread.join();
    std::cout << "stopped: " << stopped << ' ' << calls << '\n';
    auto before = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(20ms);
    std::cout << (std::chrono::steady_clock::now() - before >= 20ms) << ' '
              << (std::thread::hardware_concurrency() >= 1) << '\n';
}

} // namespace

int main()
{
    queue();
    locks();
    tasks();
    atomics();
    stops();
}
