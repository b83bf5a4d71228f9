/*
 * The generated header, whatever its guest is called. The compiler is told two names: GUEST_HEADER, the header's path
 * in quotation marks, and GUEST, the prefix of its functions. A VMM for one guest would include its header directly
 * and write web_configure_vm where this one writes GUEST_(configure_vm).
 */
#ifndef GUEST_H
#define GUEST_H

#include GUEST_HEADER

#define GUEST_PASTE(prefix, name) prefix##_##name
#define GUEST_EXPAND(prefix, name) GUEST_PASTE(prefix, name)
#define GUEST_(name) GUEST_EXPAND(GUEST, name)

#define GUEST_QUOTE(text) #text
#define GUEST_TEXT(text) GUEST_QUOTE(text)

/*
 * A number that the header defines only where the contract states it, such as web_VCPUS; else `otherwise`. A macro
 * that is not defined keeps its name when it is turned into text.
 */
#define GUEST_NUMBER(name, otherwise) guest_number(GUEST_TEXT(GUEST_EXPAND(GUEST, name)), otherwise)

static inline int guest_number(const char *text, int otherwise) {
  int number = 0;
  if (*text < '0' || *text > '9') return otherwise;
  for (; *text >= '0' && *text <= '9'; text++) number = number * 10 + (*text - '0');
  return number;
}

#endif
