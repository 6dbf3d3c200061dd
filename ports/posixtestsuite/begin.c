/* begin FOLDER PROGRAM ARGUMENT...: becomes the program, in that folder. */
#include <unistd.h>

enum { EXIT_NOT_BEGUN = 126 };

int main(int argc, char **argv)
{
    if (argc < 3 || chdir(argv[1]) != 0)
        return EXIT_NOT_BEGUN;
    execv(argv[2], argv + 2);
    return EXIT_NOT_BEGUN;
}
