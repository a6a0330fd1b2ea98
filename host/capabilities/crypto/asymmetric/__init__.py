"""Keys in pairs: reading and writing them, signatures, encryption, agreement, certificates. This file imports nothing:
the zygote that makes keys comes through here (job.py)."""
