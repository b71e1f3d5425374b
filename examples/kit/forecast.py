"""The next 12 rows from the last 24, as forecast.cpp does it, in Keras 3: python forecast.py FILE FOLDER"""
import csv, os, sys

import keras
import numpy as np

keras.utils.set_random_seed(1)
with open(sys.argv[1]) as file:
    rows = np.array([list(map(float, row)) for row in list(csv.reader(file))[1:]], 'float32')
past = rows[:len(rows) * 8 // 10]
series = (rows - past.mean(0)) / past.std(0, ddof=1)
windows = np.stack([series[i:i + 36] for i in range(len(series) - 35)])
seen, held = np.split(windows, [round(0.8 * len(windows))])

inputs = keras.Input((24, rows.shape[1]))
last = inputs[:, -1:]
states = keras.layers.GRU(48)(inputs - last)
ahead = keras.layers.Dense(12 * rows.shape[1])(states)
model = keras.Model(inputs, last + keras.layers.Reshape((12, rows.shape[1]))(ahead))
model.compile(keras.optimizers.Adam(3e-3, clipnorm=1), 'mse', metrics=['mae'])
os.makedirs(sys.argv[2], exist_ok=True)
best = f'{sys.argv[2]}/best.weights.h5'
history = model.fit(
    seen[:, :24], seen[:, 24:], batch_size=32, epochs=10, validation_data=(held[:, :24], held[:, 24:]),
    callbacks=[keras.callbacks.BackupAndRestore(sys.argv[2] + '/backup', save_freq=20),
               keras.callbacks.ModelCheckpoint(best, 'val_mae', save_best_only=True, save_weights_only=True)])
model.load_weights(best)
print(f'mean absolute error {model.evaluate(held[:, :24], held[:, 24:], verbose=0)[1]:.3f} standard deviations')
