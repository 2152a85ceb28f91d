# The least a process can do: nothing. Every other time is compared with this one.
    .globl _start
_start:
    mov $231, %eax          # exit_group(0)
    xor %edi, %edi
    syscall
    .section .note.GNU-stack,"",@progbits
