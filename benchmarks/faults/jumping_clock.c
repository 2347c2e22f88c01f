/* A machine whose clock is set 3 hours back 2 s after a process began, and 5 hours forward 4 s after: LD_PRELOAD this.  Only the time of day jumps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static int (*real)(clockid_t, struct timespec *);
static time_t began;

int clock_gettime(clockid_t clock, struct timespec *at)
{
    struct timespec passed;
    int result;
    if (!real)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, at);
    if (result != 0 || clock != CLOCK_REALTIME)
        return result;
    real(CLOCK_MONOTONIC, &passed);
    if (!began)
        began = passed.tv_sec;
    if (passed.tv_sec - began >= 4)
        at->tv_sec += 5 * 3600;
    else if (passed.tv_sec - began >= 2)
        at->tv_sec -= 3 * 3600;
    return 0;
}
