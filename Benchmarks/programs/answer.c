// The program that every way of starting one is measured with: it reads its input to the end and writes one JSON value.
#include <stdio.h>
#include <unistd.h>

int main(void) {
    char buffer[65536];
    long long total = 0;
    ssize_t count;
    while ((count = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) total += count;
    if (count < 0) return 1;
    char answer[64];
    int length = snprintf(answer, sizeof answer, "{\"bytes\":%lld}\n", total);
    return write(STDOUT_FILENO, answer, (size_t)length) == length ? 0 : 1;
}
