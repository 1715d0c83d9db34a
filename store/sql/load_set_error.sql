update loadguard.load set error = $2, stderr_tail = coalesce($3, stderr_tail) where id = $1;
