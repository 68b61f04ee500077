// The functions of libpq, found when they are first needed: it brings a dozen libraries, for which nobody pays
// whose log is a file.
#include <dlfcn.h>
#include <postgresql/libpq-fe.h>

#define LIBPQ_FUNCTIONS(each) \
  each(PQconnectdbParams) each(PQfinish) each(PQstatus) each(PQtransactionStatus) \
  each(PQerrorMessage) each(PQsocket) each(PQsetnonblocking) each(PQsetNoticeProcessor) \
  each(PQsendQuery) each(PQsendPrepare) each(PQsendQueryParams) each(PQsendQueryPrepared) \
  each(PQenterPipelineMode) each(PQexitPipelineMode) each(PQpipelineSync) \
  each(PQflush) each(PQconsumeInput) each(PQisBusy) each(PQgetResult) each(PQclear) \
  each(PQresultStatus) each(PQresultErrorField) each(PQcmdTuples) each(PQnfields) \
  each(PQntuples) each(PQfname) each(PQftype) each(PQgetisnull) each(PQgetvalue)

#define LIBPQ_MEMBER(name) __typeof__(&name) name;
struct libpq {
  LIBPQ_FUNCTIONS(LIBPQ_MEMBER)
};

// Returns what is missing; null when nothing is.
static inline const char *libpq_load(struct libpq *functions) {
  void *library = dlopen("libpq.so.5", RTLD_NOW);
  if (library == 0) return "libpq.so.5";
#define LIBPQ_LOAD(name) \
  functions->name = (__typeof__(&name))dlsym(library, #name); \
  if (functions->name == 0) return #name;
  LIBPQ_FUNCTIONS(LIBPQ_LOAD)
  return 0;
}
