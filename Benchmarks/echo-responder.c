/* The least that a FastCGI responder on libfcgi can do: it answers each request with its own body.
 * What a real responder needs beyond this is its own cost. Takes the arguments of drug-responder and
 * heeds --threads. */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char health[] = "{\"status\":\"healthy\"}";

static void *serve(void *unused) {
  FCGX_Request *request = calloc(1, sizeof *request);
  char body[65536];
  (void)unused;
  FCGX_InitRequest(request, 0, 0);
  while (FCGX_Accept_r(request) >= 0) {
    const char *text = body;
    int length = FCGX_GetStr(body, sizeof body, request->in);
    if (length <= 0) {
      text = health;
      length = sizeof health - 1;
    }
    FCGX_FPrintF(request->out,
                 "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
                 length);
    FCGX_PutStr(text, length, request->out);
    FCGX_Finish_r(request);
  }
  return NULL;
}

int main(int argc, char **argv) {
  int count = 64;
  for (int i = 1; i + 1 < argc; i++)
    if (strcmp(argv[i], "--threads") == 0) count = atoi(argv[i + 1]);
  FCGX_Init();
  for (int i = 0; i < count; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, NULL) != 0) {
      perror("pthread_create");
      return 1;
    }
  }
  for (;;) pause();
}
