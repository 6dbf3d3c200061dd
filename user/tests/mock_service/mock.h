/* What mock_service answers to the words of a call: the first word says what is asked. */
#pragma once

enum mock_operation {
    MOCK_PROCESS = 1, /* Answers its process's number. */
    MOCK_HANDLES = 2, /* Answers how many handles it was started with, and how many it had then. */
    MOCK_EXIT = 3,    /* Ends with the code in the second word. */
    MOCK_CRASH = 4,   /* Reads address 0. */
};
