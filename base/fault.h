/*
 * Named places in the life of a load at which tests kill or stop the process. Compiled to nothing
 * unless the build has LOADGUARD_FAULTS.
 */
#ifndef LG_BASE_FAULT_H
#define LG_BASE_FAULT_H

#ifdef LOADGUARD_FAULTS
/*
 * Acts if the environment variable LOADGUARD_FAULT is "kill:<label>" (SIGKILL to this process),
 * "stop:<label>" (SIGSTOP) or "fail:<label>" (fault_fails below); appends the label to the file
 * named by LOADGUARD_FAULT_LOG, so that a test can learn which labels a run passes.
 */
void fault_point(const char *label);
#else
#define fault_point(label) ((void)0)
#endif

#endif
