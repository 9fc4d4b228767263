/* A disk that takes longer to take what is written, for whatever program this is loaded into: two milliseconds, or as many
   microseconds as `-DLONGER=` says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

#ifndef LONGER
#define LONGER 2000
#endif

#define DELAYED(name)                                      \
    int name(int file) {                                   \
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, #name); \
        usleep(LONGER);                                    \
        return real(file);                                 \
    }

DELAYED(fsync)
DELAYED(fdatasync)
