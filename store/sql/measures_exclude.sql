update loadguard.measure set trains = false
 where load_id = $1 and measure = any ($2::text[]) and trains;
