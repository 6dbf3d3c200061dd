/* mkmanifest compiles service manifests (docs/formats/manifest.md). */
#include <stdlib.h>
#include <string.h>

#include "tools/mkmanifest/manifests.h"

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: mkmanifest -o OUT FILE.toml...\n"
                    "       mkmanifest --sessions FOLDER FILE.toml...\n"
                    "       mkmanifest --list COMPILED\n");
    exit(2);
}

/* A whole file, of the pool; data is NULL, after a message, when it cannot be read. */
static struct const_span file_read(struct compile *compile, const char *path)
{
    enum { FILE_MAX = 1 << 20 };
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return (struct const_span){ NULL, 0 };
    }
    uint8_t *bytes = compile_take(compile, FILE_MAX + 1);
    size_t len = fread(bytes, 1, FILE_MAX + 1, file);
    bool good = !ferror(file) && len <= FILE_MAX;
    fclose(file);
    if (good)
        return const_span_of(bytes, len);
    fprintf(stderr, "%s: cannot be read, or is over 1 MiB\n", path);
    return (struct const_span){ NULL, 0 };
}

static bool file_write(const char *path, struct const_span bytes)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    bool written = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    if (fclose(file) == 0 && written)
        return true;
    remove(path);
    fprintf(stderr, "%s: cannot be written\n", path);
    return false;
}

static bool compile_files(struct compile *compile, const char *out, char **files, int count)
{
    bool good = true;
    for (int i = 0; i < count; i++) { /* All of them, so that all mistakes show at once. */
        struct const_span text = file_read(compile, files[i]);
        good = text.data != NULL && manifest_text_read(compile, files[i], text) && good;
    }
    return good && services_order(compile) && file_write(out, services_write(compile));
}

/* FOLDER/NAME */
static bool write_into(struct compile *compile, const char *folder, const char *name,
                       struct const_span bytes)
{
    size_t len = strlen(folder) + strlen(name) + 2;
    char *path = compile_take(compile, len);
    snprintf(path, len, "%s/%s", folder, name);
    return file_write(path, bytes);
}

static bool compile_sessions(struct compile *compile, const char *folder, char **files, int count)
{
    bool good = true;
    for (int i = 0; i < count; i++) {
        struct const_span text = file_read(compile, files[i]);
        good = text.data != NULL && sessions_text_read(compile, files[i], text) && good;
    }
    return good && services_order(compile) && principals_resolve(compile) &&
           write_into(compile, folder, "roles.bin", services_write(compile)) &&
           write_into(compile, folder, "principals.bin", principals_write(compile)) &&
           write_into(compile, folder, "passwd", passwd_write(compile)) &&
           write_into(compile, folder, "group", group_write(compile));
}

int main(int argc, char **argv)
{
    struct compile compile = { .errors = stderr };
    bool good;
    if (argc == 3 && strcmp(argv[1], "--list") == 0) {
        struct const_span bytes = file_read(&compile, argv[2]);
        good = bytes.data != NULL && manifest_list(bytes, stdout) == STATUS_OK;
        if (bytes.data != NULL && !good)
            fprintf(stderr, "%s: not a compiled manifest, or a damaged one\n", argv[2]);
    } else if (argc > 3 && strcmp(argv[1], "--sessions") == 0) {
        good = compile_sessions(&compile, argv[2], argv + 3, argc - 3);
    } else if (argc > 3 && strcmp(argv[1], "-o") == 0) {
        good = compile_files(&compile, argv[2], argv + 3, argc - 3);
    } else {
        usage();
    }
    compile_free(&compile);
    return good ? 0 : 1;
}
