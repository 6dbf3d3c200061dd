#include "lib/base/list.h"

#include "tests/unit.h"

struct item {
    int number;
    struct list link;
};

static int sum_of(const struct list *list)
{
    int sum = 0;
    LIST_FOR_EACH (link, (struct list *)list)
        sum = sum * 10 + CONTAINER_OF(link, struct item, link)->number;
    return sum;
}

TEST(list_keeps_order_and_gives_up_members)
{
    struct item items[4] = { { .number = 1 }, { .number = 2 }, { .number = 3 }, { .number = 4 } };
    struct list list;
    list_init(&list);
    for (int i = 0; i < 4; i++)
        list_push_back(&list, &items[i].link);
    EXPECT_EQ(sum_of(&list), 1234);
    list_remove(&items[1].link);
    list_remove(&items[1].link);
    list_push_front(&list, &items[1].link);
    EXPECT_EQ(sum_of(&list), 2134);
    LIST_FOR_EACH_SAFE (link, &list)
        if (CONTAINER_OF(link, struct item, link)->number % 2 == 0)
            list_remove(link);
    EXPECT_EQ(sum_of(&list), 13);
    EXPECT(list_pop_front(&list) == &items[0].link);
    EXPECT(list_pop_front(&list) == &items[2].link);
    EXPECT(list_pop_front(&list) == NULL && list_is_empty(&list));
}
