/* ps: the processes of the session. */
#include "user/tools/list.h"

int main(void)
{
    static struct process_info infos[LIST_MAX];
    int count = list_processes("ps", infos);
    if (count < 0)
        return 1;
    list_head();
    for (int i = 0; i < count; i++)
        list_row(&infos[i]);
    return 0;
}
