//! Small dense matrices.

use std::ops::{Add, Mul, Sub};

/// Rows of numbers, all equally long.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    columns: usize,
    numbers: Vec<f64>,
}

impl Matrix {
    /// The matrix of what `number(row, column)` says.
    pub fn from_fn(rows: usize, columns: usize, number: impl Fn(usize, usize) -> f64) -> Self {
        let numbers = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Self { columns, numbers: numbers.map(|(row, column)| number(row, column)).collect() }
    }

    /// 1 on the diagonal, 0 elsewhere.
    pub fn identity(size: usize) -> Self {
        Self::from_fn(size, size, |row, column| if row == column { 1.0 } else { 0.0 })
    }

    pub const fn columns(&self) -> usize {
        self.columns
    }

    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.numbers.chunks_exact(self.columns)
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.numbers[row * self.columns + column]
    }

    /// The largest difference between two numbers in the same place.
    pub fn distance(&self, other: &Self) -> f64 {
        self.numbers.iter().zip(&other.numbers).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
    }

    /// The row vector × this matrix.
    pub fn after(&self, row: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.columns];
        for (factor, numbers) in row.iter().zip(self.rows()) {
            for (sum, number) in product.iter_mut().zip(numbers) {
                *sum += factor * number;
            }
        }
        product
    }

    /// The inverse of a square matrix that has one, by Gauss and Jordan's elimination without pivoting: fit for
    /// matrices whose diagonal outweighs the rest of each row, as those of Markov chains do.
    pub fn inverse(&self) -> Self {
        let size = self.columns;
        let mut left = self.clone();
        let mut right = Self::identity(size);
        for pivot in 0..size {
            let scale = 1.0 / left.at(pivot, pivot);
            left.scale_row(pivot, scale);
            right.scale_row(pivot, scale);
            for row in (0..size).filter(|row| *row != pivot) {
                let factor = left.at(row, pivot);
                left.subtract_row(row, pivot, factor);
                right.subtract_row(row, pivot, factor);
            }
        }
        right
    }

    fn scale_row(&mut self, row: usize, factor: f64) {
        for number in &mut self.numbers[row * self.columns..][..self.columns] {
            *number *= factor;
        }
    }

    /// Subtracts `factor` times another row from a row.
    fn subtract_row(&mut self, row: usize, other: usize, factor: f64) {
        for column in 0..self.columns {
            self.numbers[row * self.columns + column] -= factor * self.at(other, column);
        }
    }
}

impl Mul for &Matrix {
    type Output = Matrix;
    fn mul(self, other: &Matrix) -> Matrix {
        Matrix { columns: other.columns, numbers: self.rows().flat_map(|row| other.after(row)).collect() }
    }
}

impl Add for &Matrix {
    type Output = Matrix;
    fn add(self, other: &Matrix) -> Matrix {
        let sums = self.numbers.iter().zip(&other.numbers).map(|(a, b)| a + b);
        Matrix { columns: self.columns, numbers: sums.collect() }
    }
}

impl Sub for &Matrix {
    type Output = Matrix;
    fn sub(self, other: &Matrix) -> Matrix {
        let differences = self.numbers.iter().zip(&other.numbers).map(|(a, b)| a - b);
        Matrix { columns: self.columns, numbers: differences.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity() {
        let matrix =
            Matrix::from_fn(5, 5, |row, column| if row == column { 9.0 } else { (row + 2 * column) as f64 / 6.0 });
        assert!((&matrix * &matrix.inverse()).distance(&Matrix::identity(5)) < 1e-14);
    }
}
