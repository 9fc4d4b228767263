/* A disk that takes two milliseconds longer to take what is written, for whatever program this is loaded into. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

#define DELAYED(name)                                      \
    int name(int file) {                                   \
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name); \
        usleep(2000);                                      \
        return real(file);                                 \
    }

DELAYED(fsync)
DELAYED(fdatasync)
